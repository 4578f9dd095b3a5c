/**
 * `pull-gossip count [FILE]`: counts lines into replicated counters, with a position beside them.
 */
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import type { Command } from 'commander'
import { lineBytesMax } from '../bounds.js'
import type { Client } from '../client.js'
import { setTimeout as wait } from 'node:timers/promises'
import { counterOf } from '../count/field.js'
import { Tail, type Mark } from '../count/file.js'
import { Lines } from '../count/lines.js'
import { isAway, ready, Tally } from '../count/tally.js'
import { exits, Failure, messageOf } from '../failure.js'
import { flag } from '../flags.js'
import type { Terminal } from '../terminal.js'
import { figure } from '../text.js'
import { asks, begin, part, type AskFlags } from './asking.js'
import { interrupted } from './watch.js'

/** How long an old file is still read after another has its name. */
const rotationMs = 1_000
const againMs = 200

type CountFlags = AskFlags & { by?: string; name: string; follow?: boolean; evenSo?: boolean }

/** Adds the command. */
export function countCommand(program: Command): void {
  asks(program.command('count [file]')).summary('count lines into replicated counters')
    .description('Counts the lines of a file, or of stdin, into the counters of a running host: one, or one for each value of a field. On many machines it\ngives one total.')
    .addOption(flag('--by <field>', 'one counter for each value of a field: of NDJSON (a.b for one inside another), the number of a column, or of an\naccess log: remote, user, method, path, status, bytes'))
    .addOption(flag('--name <name>', 'the counter, or what those of --by begin with').default('lines'))
    .addOption(flag('--follow', 'of a file: wait for more, through rotation, as tail -F does'))
    .addOption(flag('--even-so', 'do not wait until the host has heard from everyone it expects'))
    .addHelpText('after', `
Examples:
  $ tail -F access.log | pull-gossip count --by status
  $ pull-gossip count /var/log/nginx/access.log --follow --by status --name nginx
  $ pull-gossip count events.ndjson --by user.country

A line whose field is missing counts as "(none)". Lines longer than 1 MiB are judged by their beginning.

What is guaranteed:
  A file is counted with a position: a register of this host's beside the counters, with the inode, first bytes and offset up to which
  they count. A batch of counts and its position are written in one turn of the host, and taken once.
  - This program dies, in whatever moment: started again, it goes on behind the last batch. No line is missing, none is counted twice.
  - A file is rotated, by rename or by truncation: what is left of the old one is counted first, if it lies beside the new one. What was
    not read before a truncation is gone, and so is a file that came and went while nobody counted.
  - The host dies: it gets counts and position back from its journal, or from its peers as far as they hold them. A batch may have come to
    either in part, its counts first: lines of the last batches before the death may then be counted twice; none is missing. Without a
    journal the host must expect a peer for that (--connect or --expect), so that it is in step before this program reads its position.
  - The host and all that hold its counts die, and keep no journal: counts and position are gone: the file is counted from its beginning.
  - A pipe has no position. What was read from it and not taken when this program dies is not counted; where the host dies, a batch
    whose answer was lost is told again to the next life of it, and may count twice.
  Two of these programs that count one file into one host in the same way count each line once.`)
    .action(count)
}

async function count(file: string | undefined, flags: CountFlags): Promise<void> {
  if (flags.follow === true && file === undefined) throw new Failure('--follow needs a file; for a pipe, end it with `tail -F`.', exits.usage)
  const { client, terminal } = await begin(flags)
  const signal = interrupted()
  const counting = new Counting(client, terminal, flags, signal)
  try {
    if (file === undefined) await counting.pipe()
    else await counting.file(file)
  } finally {
    terminal.clear()
  }
  terminal.answer({ lines: counting.lines }, () => `${figure(counting.lines)} lines`)
}

class Counting {
  private readonly tally: Tally
  private readonly startedAt = performance.now()
  private shownAt = 0

  constructor(
    private readonly client: Client,
    private readonly terminal: Terminal,
    private readonly flags: CountFlags,
    private readonly signal: AbortSignal
  ) {
    this.tally = new Tally(client)
  }

  get lines(): number {
    return this.tally.lines
  }

  /** Counts stdin to its end. */
  async pipe(): Promise<void> {
    const lines = new Lines(lineBytesMax)
    const deliver = (): Promise<void> => this.tally.deliver(() => this.terminal.progress('the host does not answer; waiting'), this.signal)
    const stop = (): void => { process.stdin.destroy() }
    this.signal.addEventListener('abort', stop, { once: true })
    try {
      for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
        for (const { text } of lines.take(chunk)) if (this.add(text)) await deliver()
        await deliver()
        this.show()
      }
    } catch (error) {
      if (!this.signal.aborted) throw error
    }
    for (const { text } of lines.end()) this.add(text)
    await deliver()
  }

  /** Counts a file from where it was left; begins again there when the host was away. */
  async file(given: string): Promise<void> {
    const path = pathOf(given)
    while (!this.signal.aborted) {
      try {
        const { host } = await ready(this.client, this.flags.evenSo === true, (why) => this.terminal.progress(why), this.signal)
        return await this.from(path, positionName(host, path, this.flags))
      } catch (error) {
        // Another life of the host, or another program on the same file: what was not taken is read again, from where all is taken.
        if (!isAway(error) && !(error instanceof Failure && error.code === 'position')) throw error
        this.tally.drop()
        await wait(againMs)
      }
    }
  }

  private async from(path: string, name: string): Promise<void> {
    let before = (await this.client.get(`/registers/${part(name)}`) as { value: Mark | null }).value
    let tail = Tail.open(path, before)
    try {
      for (;;) {
        const gone = tail.path !== path
        before = await this.read(tail, name, before, gone || this.flags.follow !== true)
        const next = gone ? 'another' : this.flags.follow === true ? await tail.more(path, this.signal) : 'stop'
        if (next === 'stop') return
        if (next === 'more') continue
        // Who writes it may not have noticed yet that it has another name.
        if (!gone) {
          await wait(rotationMs)
          before = await this.read(tail, name, before, true)
        }
        tail.close()
        tail = Tail.open(path, null)
      }
    } finally {
      tail.close()
    }
  }

  /** Counts a file to where it ends for now, or, with `last`, for ever. Gives the mark up to which it was counted. */
  private async read(tail: Tail, name: string, mark: Mark | null, last: boolean): Promise<Mark | null> {
    const lines = new Lines(lineBytesMax)
    let [before, counted] = [mark, tail.offset]
    const send = async (): Promise<void> => {
      if (this.tally.empty) return
      const after = tail.mark(counted)
      await this.tally.send({ name, before, after })
      before = after
    }
    const add = async ({ text, bytes }: { text: string; bytes: number }): Promise<void> => {
      counted += bytes
      if (this.add(text)) await send()
    }
    for (let piece = tail.read(); piece !== 'end' && !this.signal.aborted; piece = tail.read()) {
      for (const line of lines.take(piece.chunk)) await add(line)
      await send()
      this.show()
    }
    if (last && !this.signal.aborted) for (const line of lines.end()) await add(line)
    await send()
    // A file that goes on may be in the middle of a line.
    tail.rewind(counted)
    return before
  }

  private add(line: string): boolean {
    return this.tally.add(counterOf(this.flags.name, this.flags.by ?? null, line))
  }

  private show(): void {
    const now = performance.now()
    if (now - this.shownAt < 200) return
    this.shownAt = now
    this.terminal.progress(`${figure(this.lines)} lines, ${figure(Math.round((this.lines * 1_000) / (now - this.startedAt)))}/s`)
  }
}

function pathOf(given: string): string {
  try {
    return realpathSync(given)
  } catch (error) {
    throw new Failure(`cannot read ${given}: ${messageOf(error)}.`, exits.usage)
  }
}

/** The register of a position: of one file, counted by one host in one way. */
function positionName(host: string, path: string, { name, by }: CountFlags): string {
  const input = createHash('sha256').update(JSON.stringify([path, name, by ?? null])).digest('hex').slice(0, 24)
  return `position/${host}/${input}`
}
