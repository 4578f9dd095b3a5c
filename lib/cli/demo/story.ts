/**
 * The main job, unattended: five host processes in a ring with a chord count the words of real text, and agree to the last count.
 *
 * Meanwhile one cable is cut and healed, and one host is killed and started anew without memory. All went well if every counter, set and
 * register at every host is what a straight single-process count comes to.
 */
import { names, Network } from './network.js'
import { linesOf, verdictOf, type Screen } from './report.js'
import { deal, straightAnswer, textFiles } from './words.js'

const deadlineMs = 90_000
const progressMs = 100

/** Runs the story to its end; says whether all is equal. Rejects with what went wrong, or when it takes too long. */
export async function tellStory(screen: Screen, corpus: string, pace: number): Promise<boolean> {
  let fail: (error: Error) => void = () => {}
  const failure = new Promise<never>((_, reject) => { fail = reject })
  failure.catch(() => {})
  const network = new Network({ pace, onNote: (text) => screen.say(text), onLoss: (_, error) => fail(error) })
  const ticking = setInterval(() => screen.progress(network.running), progressMs)
  const deadline = setTimeout(() => fail(new Error(`not done within ${deadlineMs / 1_000} s.`)), deadlineMs)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => fail(new Error(`ended by ${signal}.`)))
  try {
    return await Promise.race([story(network, screen, corpus), failure])
  } finally {
    clearInterval(ticking)
    clearTimeout(deadline)
    await network.end()
  }
}

async function story(network: Network, screen: Screen, corpus: string): Promise<boolean> {
  const files = textFiles(corpus)
  if (files.length === 0) throw new Error(`there is no README or LICENSE under ${corpus}.`)
  const shares = new Map(names.map((name, i) => [name, deal(files, names.length)[i] ?? []]))
  screen.say(`${files.length} files to count under ${corpus}`)

  await network.open()
  await Promise.all(network.running.map((host) => host.until(({ coherent }) => coherent)))
  screen.say('the ring is closed: α → β → γ → δ → ε → α, with a chord β → ε, all coherent')
  for (const [name, share] of shares) network.child(name)?.count(corpus, share)
  await faults(network, screen, corpus, shares.get('γ') ?? [], shares.get('α') ?? [])

  await Promise.all(network.running.map((host) => host.until(({ done }) => done)))
  screen.say('all files are counted')
  await network.rest()
  screen.say('all hosts hold what all others hold')

  const reports = await Promise.all(network.running.map((host) => host.report()))
  await network.close()
  const { equal, lines } = verdictOf(reports, straightAnswer(corpus, shares))
  screen.print([...reports.flatMap(linesOf), ...lines])
  return equal
}

/** A cable is cut; a host is killed meanwhile, and started anew; the cable is healed. */
async function faults(network: Network, screen: Screen, corpus: string, share: readonly string[], cutter: readonly string[]): Promise<void> {
  const [alpha, gamma] = [network.child('α'), network.child('γ')]
  if (alpha === undefined || gamma === undefined) throw new Error('a host is gone.')
  await alpha.until(({ files }) => files >= cutter.length / 5)
  network.cut('α', 'β')
  screen.say('CUT the link from α to β')

  await gamma.until(({ files }) => files >= share.length / 3)
  const { counted, claimedBy } = await gamma.pause()
  screen.say(`γ stopped behind ${counted} of its ${share.length} files, all of it claimed by ${claimedBy.join(' and ')}`)
  await network.kill('γ')
  screen.say('KILLED γ')

  // At its old address, where β finds it by itself.
  const anew = await network.start('γ')
  const rest = share.slice(counted)
  network.plug('γ')
  screen.say(`RESTARTED γ without memory, for the other ${rest.length} of its files`)
  // Counters need not wait. Its register does: what γ writes now is later than what it wrote before, longer or not.
  await anew.until(({ coherent }) => coherent)
  anew.count(corpus, rest)

  await anew.until(({ files }) => files >= rest.length / 5)
  network.heal('α', 'β')
  screen.say('HEALED the link from α to β')
}
