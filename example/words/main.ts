/**
 * The main job: three host processes in a ring on loopback TCP count the words of real text, and agree to the last count.
 *
 * Meanwhile one link is cut and healed, and one host is killed and started anew without memory. Exit code 0 says that every counter,
 * set and register at every host is what a straight single-process count comes to. `--corpus DIR`: count the READMEs and LICENSEs under
 * another folder than node_modules; `--pace N`: words a second and host.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Child } from './child.js'
import { linesOf, Screen, verdictOf } from './report.js'
import { deal, straightAnswer, textFiles } from './words.js'

const names = ['α', 'β', 'γ'] as const
const deadlineMs = 90_000
const progressMs = 100

const screen = new Screen()
const children = new Set<Child>()
const { promise: failure, reject: fail } = failing()
let over = false

async function story(corpus: string, pace: number): Promise<boolean> {
  const files = textFiles(corpus)
  if (files.length === 0) throw new Error(`there is no README or LICENSE under ${corpus}.`)
  const shares = deal(files, names.length) as [string[], string[], string[]]
  screen.say(`${files.length} files to count under ${corpus}`)

  const [alpha, beta, gamma] = await Promise.all([start('α', pace), start('β', pace), start('γ', pace)])
  alpha.dial(beta)
  beta.dial(gamma)
  gamma.dial(alpha)
  await Promise.all([alpha, beta, gamma].map((host) => host.until(({ coherent }) => coherent)))
  screen.say('the ring is closed: α → β → γ → α, all coherent')

  alpha.count(corpus, shares[0])
  beta.count(corpus, shares[1])
  gamma.count(corpus, shares[2])

  await alpha.until(({ files }) => files >= shares[0].length / 5)
  alpha.cut()
  screen.say('CUT the link from α to β')

  await gamma.until(({ files }) => files >= shares[2].length / 3)
  const { counted, claimedBy } = await gamma.pause()
  screen.say(`γ stopped behind ${counted} of its ${shares[2].length} files, all of it claimed by ${claimedBy.join(' and ')}`)
  await gamma.kill()
  children.delete(gamma)
  screen.say('KILLED γ')

  // At its old address, where β finds it by itself.
  const anew = await start('γ', pace, gamma.port)
  const rest = shares[2].slice(counted)
  anew.dial(alpha)
  screen.say(`RESTARTED γ without memory, for the other ${rest.length} of its files`)
  // Counters need not wait. Its register does: what γ writes now is later than what it wrote before, longer or not.
  await anew.until(({ coherent }) => coherent)
  anew.count(corpus, rest)

  await anew.until(({ files }) => files >= rest.length / 5)
  alpha.heal()
  screen.say('HEALED the link from α to β')

  const hosts = [alpha, beta, anew]
  await Promise.all(hosts.map((host) => host.until(({ done }) => done)))
  screen.say('all files are counted')
  await Promise.all(hosts.map((host) => host.rest()))
  screen.say('all hosts hold what all others hold')

  const reports = await Promise.all(hosts.map((host) => host.report()))
  await Promise.all(hosts.map((host) => host.close()))
  children.clear()
  const { equal, lines } = verdictOf(reports, straightAnswer(corpus, new Map(names.map((name, i) => [name, shares[i] ?? []]))))
  screen.print([...reports.flatMap(linesOf), ...lines])
  return equal
}

/** Starts a host process, unless all is over already. */
async function start(name: string, pace: number, port = 0): Promise<Child> {
  if (over) throw new Error('no host is started any more.')
  const expect = names.filter((other) => other !== name)
  const onNote = (text: string): void => screen.say(text)
  const child = await Child.start({ name, expect, pace, port, onNote, onLoss: fail }, (child) => children.add(child))
  screen.say(`${name} is process ${child.pid} and listens on port ${child.port}`)
  return child
}

/** What rejects as soon as anything goes wrong. */
function failing(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<never>((_, rejectIt) => { reject = rejectIt })
  promise.catch(() => {})
  return { promise, reject }
}

const { values } = parseArgs({ options: { corpus: { type: 'string' }, pace: { type: 'string' } } })
const corpus = values.corpus ?? fileURLToPath(new URL('../../node_modules', import.meta.url))
const pace = Number(values.pace ?? 25_000)

const ticking = setInterval(() => screen.progress([...children]), progressMs)
const deadline = setTimeout(() => fail(new Error(`not done within ${deadlineMs / 1_000} s.`)), deadlineMs)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => fail(new Error(`ended by ${signal}.`)))
try {
  if (!(pace > 0)) throw new Error(`--pace must be a number of words a second, not ${values.pace}.`)
  process.exitCode = (await Promise.race([story(corpus, pace), failure])) ? 0 : 1
  screen.say(`took ${screen.seconds} s`)
} catch (error) {
  screen.say(`FAILED: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  clearInterval(ticking)
  clearTimeout(deadline)
  over = true
  await Promise.all([...children].map((child) => child.kill()))
}
