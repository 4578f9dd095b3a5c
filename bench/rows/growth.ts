/**
 * What doubles when something doubles: names, peers, rate, hosts. A cost that doubles too has the factor 2 a step; one that squares, 4.
 */
import type { Bench } from '../bench.js'
import { verdict, type Figure, type Outcome } from '../figures.js'
import { pair, transfer } from './pair.js'
import { ringOf } from './ring.js'

type Growth = { what: string; steps: number[]; unit: string; cost: (bench: Bench, step: number) => Promise<number> }

const growths: Growth[] = [
  {
    what: 'names', steps: [50_000, 100_000, 200_000, 400_000], unit: 'ms to hand over',
    cost: async (bench, names) => (names / (await transfer(await pair(bench, 'ours'), { count: names, names }))) * 1e3
  },
  {
    what: 'peers', steps: [8, 16, 32, 64], unit: 'µs a change',
    cost: async (bench, peers) => (await bench.start('ours', 'hub')).do('fan', peers, 4_000)
  },
  {
    what: 'changes/s', steps: [500, 1_000, 2_000, 4_000], unit: 'CPU-ms of 2 hosts',
    cost: async (bench, rate) => {
      const { a, b, sum, names } = await pair(bench, 'ours')
      const cpu = async (): Promise<number> => (await a.do('usage')).cpuMs + (await b.do('usage')).cpuMs
      const before = await cpu()
      const reached = b.do('reach', sum + rate * 3, names + rate * 3)
      await a.do('offer', { count: rate * 3, rate })
      await reached
      return (await cpu()) - before
    }
  },
  {
    what: 'hosts of degree 2', steps: [2, 4, 8], unit: 'CPU-ms of all',
    cost: async (bench, size) => {
      const hosts = await ringOf(bench, 'ours', size, size)
      const cpu = async (): Promise<number> => (await Promise.all(hosts.map((host) => host.do('usage')))).reduce((sum, { cpuMs }) => sum + cpuMs, 0)
      const before = await cpu()
      const reached = hosts.slice(1).map((host) => host.do('reach', 20_000, 20_000))
      await hosts[0]?.do('offer', { count: 20_000, turn: 100 })
      await Promise.all(reached)
      return (await cpu()) - before
    }
  }
]

export async function growth(bench: Bench): Promise<Outcome> {
  const figures: Figure[] = []
  const notes: string[] = []
  const verdicts: Outcome['verdicts'] = []
  for (const { what, steps, unit, cost } of growths) {
    const shown = bench.quick ? steps.slice(0, 2) : steps
    const subjects = shown.map((step) => `${step} ${what}`)
    const measured = await bench.interleaved(subjects, unit, (subject) => cost(bench, Number(subject.split(' ')[0])))
    figures.push(...measured.figures.values())
    notes.push(...measured.notes)
    const [first, last] = [measured.figures.get(subjects[0] ?? ''), measured.figures.get(subjects.at(-1) ?? '')]
    if (first === undefined || last === undefined || subjects.length < 2) continue
    const factors = last.runs.map((value, run) => (value / (first.runs[run] ?? NaN)) ** (1 / (subjects.length - 1)))
    verdicts.push(verdict(`cost each time ${what} double, times`, factors, { sense: '<=', at: 2.5 }))
  }
  return { row: 'growth', title: 'what doubling costs', figures, verdicts, notes }
}
