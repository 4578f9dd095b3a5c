/**
 * Flags, and their twins in the environment: `--http-write` is `PULL_GOSSIP_HTTP_WRITE`. A flag wins over its twin.
 */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { distance } from 'fastest-levenshtein'
import { withLimits, type Limits } from '../limits.js'
import { exits, Failure } from './failure.js'

const prefix = 'PULL_GOSSIP_'

/** Variables of the prefix that belong to others: the tests of this module. */
const foreign = new Set(['PULL_GOSSIP_CHROMIUM'])

/** A flag with its twin. */
export function flag(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.env(`${prefix}${option.name().replace(/^no-/, '').replaceAll('-', '_').toUpperCase()}`)
}

/** A flag that may be said several times, or once with commas. */
export function listFlag(flags: string, description: string): Option {
  return flag(flags, `${description} (may be repeated; commas in the environment)`).argParser<string[]>((text, before = []) => {
    return [...before, ...text.split(',').map((one) => one.trim()).filter((one) => one !== '')]
  })
}

/** The flag for when something counts as written to a journal. */
export function durableFlag(): Option {
  return flag('--durable <when>', 'when something counts as written: once the system has it (batch, the default), or once it is on the disk (sync)').choices(['batch', 'sync'])
}

/** The flag for bounds to set otherwise. */
export function limitFlag(): Option {
  return listFlag('--limit <name=number>', 'a bound to set otherwise, like cellsMax=1000000')
}

/**
 * The bounds that were said with it.
 *
 * @throws GossipError `ERR_OPTION` for one that is none.
 */
export function limitsOf(said: readonly string[] = []): Partial<Limits> {
  const limits = Object.fromEntries(said.map((one) => one.split('=')).map(([name = '', value]) => [name, Number(value)]))
  withLimits(limits)
  return limits
}

/** A flag that is a whole number, of `min` at least. */
export function numberFlag(flags: string, description: string, min = 1): Option {
  return flag(flags, description).argParser((text) => wholeNumber(text, min))
}

/** A whole number as somebody typed it. */
export function wholeNumber(text: string, min = Number.MIN_SAFE_INTEGER): number {
  const n = Number(text)
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(n) || n < min) throw new InvalidArgumentError(`It takes a whole number${min > Number.MIN_SAFE_INTEGER ? ` of ${min} at least` : ''}.`)
  return n
}

const spans = new Map([['ms', 1], ['s', 1_000], ['m', 60_000], ['h', 3_600_000], ['d', 86_400_000]])

/** A span like `500ms`, `30s`, `2h` in milliseconds. */
export function span(text: string): number {
  const [, digits, unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  const ms = Number(digits) * (spans.get(unit) ?? NaN)
  if (!Number.isSafeInteger(ms)) throw new InvalidArgumentError('It takes a span like 500ms, 30s, 10m, 2h or 7d.')
  return ms
}

/** Until when a name is to live: a span from now on, a moment, or `never`. */
export function ending(text: string): number | 'never' {
  if (text === 'never') return text
  if (/^\d{4}-/.test(text) && !Number.isNaN(Date.parse(text))) return Date.parse(text)
  return Date.now() + span(text)
}

/**
 * Checks the twins in the environment: an unknown one would be as good as left out, and `0` must not switch anything on.
 *
 * @throws Failure for one that is none, with the nearest that is.
 */
export function checkEnvironment(program: Command, env: NodeJS.ProcessEnv): void {
  const known = new Map(flagsOf(program).map((option) => [option.envVar as string, option]))
  for (const [name, value = ''] of Object.entries(env)) {
    if (!name.startsWith(prefix) || foreign.has(name)) continue
    const option = known.get(name)
    if (option === undefined) throw new Failure(`there is no variable ${name}${nearest(name, [...known.keys()])}.`, exits.usage)
    if (option.required || option.optional) continue
    const [yes, no] = [['1', 'true', 'yes'], ['', '0', 'false', 'no']]
    if (!yes.includes(value) && !no.includes(value)) throw new Failure(`${name} takes 1 or 0, not "${value}".`, exits.usage)
    // Commander takes any value for yes, and that of --no-x for no.
    if (option.negate ? yes.includes(value) : no.includes(value)) delete env[name]
  }
}

function flagsOf(command: Command): Option[] {
  return [...command.options, ...command.commands.flatMap(flagsOf)].filter(({ envVar }) => envVar !== undefined)
}

/** The nearest of what there is, if any is near. */
export function nearest(word: string, known: readonly string[]): string {
  const [best] = known.map((one) => ({ one, far: distance(word, one) })).sort((a, b) => a.far - b.far)
  return best !== undefined && best.far <= Math.max(2, word.length / 3) ? `; did you mean ${best.one}?` : ''
}
