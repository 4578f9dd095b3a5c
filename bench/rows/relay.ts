/**
 * Two hosts and three in a line at full speed: changes applied at every host, by the CPU that all of them took.
 */
import type { Bench } from '../bench.js'
import { ratio, type Outcome } from '../figures.js'

export async function relay(bench: Bench): Promise<Outcome> {
  const count = bench.size(200_000, 50_000)
  const { figures, notes } = await bench.interleaved(['2 hosts', '3 hosts'], 'changes/CPU-s', async (subject) => {
    const hosts = await Promise.all(['alpha', 'beta', 'gamma'].slice(0, Number(subject[0])).map((name) => bench.start('ours', name)))
    for (const [i, host] of hosts.entries()) {
      const next = hosts[i + 1]
      if (next !== undefined) await next.do('connect', await host.do('listen'))
    }
    const cpu = async (): Promise<number> => (await Promise.all(hosts.map((host) => host.do('usage')))).reduce((sum, { cpuMs }) => sum + cpuMs, 0)
    const before = await cpu()
    const reached = hosts.slice(1).map((host) => host.do('reach', count, count))
    await hosts[0]?.do('offer', { count })
    await Promise.all(reached)
    return count / (((await cpu()) - before) / 1e3)
  })
  return {
    row: 'relay', title: 'changes applied at every host, per CPU-second of all hosts', figures: [...figures.values()], notes,
    verdicts: ratio('3 hosts / 2 hosts', figures.get('3 hosts'), figures.get('2 hosts'), { sense: '>=', at: 0.4 })
  }
}
