/**
 * What a row is given: how often to measure, which rivals there are, and hosts that are gone when it is over.
 */
import type { Figure } from './figures.js'
import { Host } from './host.js'
import { missingFor, type SystemName } from './systems.js'

export class Bench {
  private readonly hosts = new Set<Host>()

  constructor(
    readonly quick: boolean,
    /** How often each thing is measured. */
    readonly runs: number,
    /** What else goes to the reader while it is measured. */
    private readonly say: (line: string) => void
  ) {}

  /** A size: smaller in a quick run, which says less. */
  size(whole: number, quick: number): number {
    return this.quick ? quick : whole
  }

  /** Those of these systems that are installed. */
  present(names: readonly SystemName[]): SystemName[] {
    return names.filter((name) => missingFor(name).length === 0)
  }

  async start(system: SystemName, name: string, flags: string[] = []): Promise<Host> {
    const host = await Host.start(system, name, flags)
    this.hosts.add(host)
    return host
  }

  async end(): Promise<void> {
    const hosts = [...this.hosts]
    this.hosts.clear()
    await Promise.all(hosts.map((host) => host.end()))
  }

  /** Measures every subject once, then again, each time in another order. Whoever fails is told and left out, not hidden. */
  async interleaved<Subject extends string>(
    subjects: readonly Subject[], unit: string, measure: (subject: Subject, run: number) => Promise<number | Record<string, number>>
  ): Promise<{ figures: Map<string, Figure>; notes: string[] }> {
    const figures = new Map<string, Figure>()
    const failed = new Map<Subject, string>()
    for (let run = 0; run < this.runs; run += 1) {
      for (const [i] of subjects.entries()) {
        const subject = subjects[(i + run) % subjects.length] as Subject
        if (failed.has(subject)) continue
        try {
          const measured = await measure(subject, run)
          const parts = typeof measured === 'number' ? { '': measured } : measured
          for (const [part, value] of Object.entries(parts)) this.put(figures, part === '' ? subject : `${subject}: ${part}`, unit, value)
          this.say(`  ${subject} ${Object.entries(parts).map(([part, value]) => `${part} ${Math.round(value * 100) / 100}`).join(', ')}`)
        } catch (error) {
          failed.set(subject, `${subject}: ${error instanceof Error ? error.message.split('\n')[0] ?? '' : String(error)}`)
          this.say(`  ${failed.get(subject) ?? ''}`)
        }
        await this.end()
      }
    }
    return { figures, notes: [...failed.values()] }
  }

  private put(figures: Map<string, Figure>, subject: string, unit: string, value: number): void {
    const figure = figures.get(subject) ?? { subject, unit, runs: [] }
    figures.set(subject, figure)
    figure.runs.push(value)
  }
}
