/**
 * Three host processes under load that are killed at random moments: what was acknowledged as kept is there after every kill, all come to the
 * same counts, no seq is ever two changes, nobody begins a new life; and every event that was acknowledged as kept is heard by all, in order, and
 * again only by who was killed meanwhile.
 *
 *     KILLS=100 SEED=1 npm test -- kill
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import test from 'tape'
import { Chance } from '../lib/sim/chance.js'

const kills = Number(process.env['KILLS'] ?? 15)
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9))
const root = mkdtempSync(join(tmpdir(), 'pull-gossip-kill-'))
const program = join(root, 'child.mjs')
buildSync({ entryPoints: [fileURLToPath(new URL('./kill/child.ts', import.meta.url))], outfile: program, bundle: true, format: 'esm', platform: 'node' })
test.onFinish(() => rmSync(root, { recursive: true, force: true }))

const faults: string[] = []
const heard = new Map<string, string>()

/** A host, in one process after the other. */
class Host {
  sure = 0
  tried = 0
  starts = 0
  acknowledged = 0
  last = ''
  /** The counts at which events were emitted that are kept for sure. */
  readonly emitted = new Set<number>()
  /** The events heard of others, and the last of each in this process. */
  readonly events = new Map<string, Set<number>>()
  private lastHeard = new Map<string, number>()
  private child: ChildProcess | null = null
  private over: Promise<unknown> = Promise.resolve()
  private ears: (() => void)[] = []

  constructor(readonly name: string, private readonly port: number, private readonly others: readonly number[], private readonly durable: string) {}

  start(): void {
    const args = [program, this.name, String(this.port), join(root, this.name), this.durable, ...this.others.map(String)]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.child = child
    this.lastHeard = new Map()
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => this.take(line))
    this.over = Promise.all([new Promise((resolve) => child.once('exit', resolve)), new Promise((resolve) => lines.once('close', resolve))])
  }

  /** Kills it, and reads all that it had said. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL')
    await this.over
  }

  async stop(): Promise<void> {
    this.child?.stdin?.end()
    await this.over
  }

  /** Resolves with the next line that says something of ours. */
  said(): Promise<void> {
    return new Promise((resolve) => this.ears.push(resolve))
  }

  private take(line: string): void {
    const [what = '', rest = ''] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
    if (what === 'start') this.started(Number(rest))
    else if (what === 'try') this.tried = Number(rest)
    else if (what === 'sure') {
      this.sure = Math.max(this.sure, Number(rest))
      this.emitted.add(Number(rest))
      this.acknowledged += 1
    } else if (what === 'end') this.last = rest
    else if (what === 'heard') hear(rest)
    else if (what === 'event') this.event(rest)
    else if (what === 'gap') faults.push(`${this.name} was told of a gap: ${rest}`)
    if (['start', 'try', 'sure', 'end'].includes(what)) for (const ear of this.ears.splice(0)) ear()
  }

  private event(text: string): void {
    const [from = '', count = ''] = text.split(' ')
    const before = this.lastHeard.get(from) ?? 0
    if (Number(count) <= before) faults.push(`${this.name} heard ${count} of ${from} after ${before}`)
    this.lastHeard.set(from, Number(count))
    this.events.set(from, (this.events.get(from) ?? new Set()).add(Number(count)))
  }

  private started(count: number): void {
    this.starts += 1
    if (count < this.sure) faults.push(`${this.name} was told that ${this.sure} are kept, and starts with ${count}`)
    if (count > this.tried) faults.push(`${this.name} counted ${this.tried} at most, and starts with ${count}`)
    this.tried = count
    this.sure = Math.min(this.sure, count)
  }
}

/** A change of some author and seq, as it was heard anywhere. */
function hear(text: string): void {
  const [author, seq, ...content] = text.split(' ')
  const before = heard.get(`${author} ${seq}`)
  if (before !== undefined && before !== content.join(' ')) faults.push(`${author} ${seq} is ${before}, and ${content.join(' ')}`)
  heard.set(`${author} ${seq}`, content.join(' '))
}

/** Ports that were free a moment ago. */
async function ports(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const all = await Promise.all(servers.map((server) => new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return all
}

test(`${kills} kills of three hosts under load lose nothing that was acknowledged`, async (t) => {
  const chance = new Chance(seed)
  const [one, two, three] = await ports(3) as [number, number, number]
  const hosts = [new Host('a', one, [two, three], 'sync'), new Host('b', two, [three], 'batch'), new Host('c', three, [one], chance.pick(['sync', 'batch']))]
  t.teardown(() => Promise.all(hosts.map((host) => host.kill())))
  for (const host of hosts) host.start()
  for (let done = 0; done < kills; ) {
    const victims = chance.shuffled(hosts).slice(0, chance.pick([1, 1, 1, 2, 3]))
    await Promise.all(victims.map((host) => host.said()))
    await new Promise((resolve) => setTimeout(resolve, chance.whole(0, 150)))
    await Promise.all(victims.map((host) => host.kill()))
    for (const host of victims) host.start()
    done += victims.length
  }
  await Promise.all(hosts.map((host) => host.said()))
  await Promise.all(hosts.map((host) => host.stop()))
  const [a, b, c] = hosts.map(({ last }) => last)
  t.deepEqual(faults, [], `SEED=${seed}, ${heard.size} changes heard, ${hosts.reduce((sum, host) => sum + host.acknowledged, 0)} times acknowledged`)
  t.ok(a !== '' && a === b && b === c, 'all hold the same')
  if (a === undefined || a === '') return
  for (const host of hosts) for (const other of hosts) {
    const heard = other.events.get(host.name) ?? new Set()
    // Whoever began later need not hear what was before.
    const missed = host === other ? [] : [...host.emitted].filter((count) => count > Math.min(...heard) && !heard.has(count))
    if (missed.length > 0) t.fail(`${other.name} never heard ${missed.slice(0, 5).join()} of ${host.name}`)
  }
  t.ok(hosts.every(({ emitted }) => emitted.size > 0), `${hosts.reduce((sum, { emitted }) => sum + emitted.size, 0)} events that are kept were heard by all`)
  const values = JSON.parse(a) as [name: string, value: number, cells: [string, number][]][]
  for (const [name, value, cells] of values) t.equal(cells.reduce((sum, [, plus]) => sum + plus, 0), value, `${name} is the sum of its shares`)
  for (const host of hosts) {
    const own = values.flatMap(([, , cells]) => cells.filter(([author]) => author.startsWith(`${host.name}~`)))
    t.equal(own.reduce((sum, [, plus]) => sum + plus, 0), host.tried, `${host.name} counted ${host.tried} in ${host.starts} processes`)
    t.equal(new Set(own.map(([author]) => author)).size, 1, 'in one life')
  }
})
