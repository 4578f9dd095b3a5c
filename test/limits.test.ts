/**
 * The bounds: their defaults cannot be changed and fit each other, and what a user lays over them is checked.
 */
import { readFileSync } from 'node:fs'
import test, { type Test } from 'tape'
import { isGossipError } from '../lib/errors.js'
import { limits, silentPings, withLimits, type Limits } from '../lib/limits.js'

/** Users of plain JavaScript can pass anything; so do we. */
function asLimits(overrides: unknown): Partial<Limits> {
  return overrides as Partial<Limits>
}

function refuses(t: Test, overrides: unknown, pattern: RegExp, name: string): void {
  try {
    withLimits(asLimits(overrides))
    t.fail(`${name} was taken`)
  } catch (error) {
    t.ok(isGossipError(error) && error.code === 'ERR_OPTION' && pattern.test(error.message), `${name}: ${String(error)}`)
  }
}

test('the defaults cannot be changed', (t) => {
  t.ok(Object.isFrozen(limits))
  t.throws(() => Object.assign(limits, { pingMs: 1 }), TypeError)
  t.end()
})

test('without overrides the limits are the defaults, in an object of its own', (t) => {
  for (const all of [withLimits(), withLimits({}), withLimits(undefined)]) {
    t.deepEqual(all, limits)
    t.notEqual(all, limits)
    t.notOk(Object.isFrozen(all))
  }
  t.end()
})

test('every default would be accepted as an override, and so would the least', (t) => {
  t.deepEqual(withLimits(limits), limits)
  const least = Object.fromEntries(Object.keys(limits).map((name) => [name, 1]))
  t.deepEqual(withLimits(least), least)
  t.equal(withLimits({ cellsMax: Number.MAX_SAFE_INTEGER }).cellsMax, Number.MAX_SAFE_INTEGER, 'and the greatest')
  t.end()
})

test('an override changes its own limit, neither the others, nor the defaults, nor itself', (t) => {
  const overrides = Object.freeze({ pingMs: 7, rangesMax: 3 })
  t.deepEqual(withLimits(overrides), { ...limits, pingMs: 7, rangesMax: 3 })
  t.equal(limits.pingMs, 5_000)
  t.end()
})

test('an override that is undefined says nothing', (t) => {
  t.deepEqual(withLimits(asLimits({ pingMs: undefined, rangesMax: 3 })), { ...limits, rangesMax: 3 })
  t.end()
})

test('a limit that does not exist is refused by its name', (t) => {
  refuses(t, { pingMS: 1 }, /there is no limit "pingMS"/, 'another spelling')
  refuses(t, { pingMS: undefined }, /there is no limit "pingMS"/, 'another spelling, undefined')
  refuses(t, { toString: 1 }, /there is no limit "toString"/, 'what every object has')
  refuses(t, JSON.parse('{"__proto__": 1}'), /there is no limit "__proto__"/, 'a prototype')
  t.end()
})

test('a limit that is not a whole number above zero is refused by its name', (t) => {
  const wrong: unknown[] = [
    0, -0, -1, 0.5, 1.5, NaN, Infinity, -Infinity, Number.MAX_SAFE_INTEGER + 1, '5', '', 5n, true, null, [], [5], {}, Symbol('5')
  ]
  for (const value of wrong) {
    refuses(t, { pingMs: value }, /limit pingMs must be a whole number above zero, not /, `${typeof value} ${String(value)}`)
  }
  refuses(t, { rangesMax: 3, pingMs: 0 }, /limit pingMs/, 'one wrong beside one right')
  t.end()
})

test('the defaults fit each other as their pages say', (t) => {
  t.ok(limits.batchBytes * 4 <= limits.frameBytesMax, 'our frames are far smaller than what others accept')
  t.ok(limits.bodyBytesMax * 4 <= limits.frameBytesMax, 'a body stays well under a frame')
  t.ok(limits.bodyBytesMax + limits.nameBytesMax + limits.partBytesMax < limits.batchBytes, 'one change fits into a batch')
  t.ok(limits.pingMs * silentPings < limits.timeoutMs, 'a peer is silent before it is given up')
  t.ok(limits.haveMs < limits.pingMs && limits.roundMs < limits.pingMs, 'acknowledgements and rounds come between pings')
  t.ok(limits.helloMs <= limits.timeoutMs, 'a hello is not waited for longer than anything else')
  t.end()
})

test('the defaults that the page of the protocol tells are ours', (t) => {
  const page = readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8')
  const units = new Map([['s', 1_000], ['MiB', 1 << 20]])
  const told = [...page.matchAll(/`(\w+)` \(([\d,]+) ?(\w*)\)/g)].filter(([, name = '']) => Object.hasOwn(limits, name))
  t.ok(told.length >= 10, `${told.length} are told`)
  for (const [, name = '', number = '', unit = ''] of told) {
    t.equal(limits[name as keyof Limits], Number(number.replaceAll(',', '')) * (units.get(unit) ?? 1), name)
  }
  t.end()
})
