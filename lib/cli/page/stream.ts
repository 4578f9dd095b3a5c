/**
 * Server-sent events by `fetch`, since `EventSource` can bear no token. Comes back by itself; who reads is told while nothing comes.
 */
import { ask } from './api.js'

const waitMs = 1_000

/** No event for so long: what is shown is no longer so. */
const staleMs = 5_000

/** Reads the events of a path until the signal; calls with null while there is no connection. */
export async function follow<T>(path: string, signal: AbortSignal, tell: (value: T | null) => void): Promise<void> {
  while (!signal.aborted) {
    try {
      await read(path, signal, tell)
    } catch {
      // Gone, or not there yet: told below, and tried again.
    }
    if (signal.aborted) return
    tell(null)
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

async function read<T>(path: string, signal: AbortSignal, tell: (value: T) => void): Promise<void> {
  const response = await ask(path, { signal })
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value = '' } = await inTime(reader)
    if (done) return
    const blocks = (rest + value).split('\n\n')
    rest = blocks.pop() ?? ''
    // Only the newest is shown. JSON may hold U+2028, which a dot takes for the end of a line.
    const data = blocks.map((block) => /^data: ([^\n]*)/m.exec(block)?.[1]).filter((text) => text !== undefined)
    for (const text of data) tell(JSON.parse(text) as T)
  }
}

async function inTime(reader: ReadableStreamDefaultReader<string>): Promise<ReadableStreamReadResult<string>> {
  let timer
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error('nothing came')), staleMs) })
  try {
    return await Promise.race([reader.read(), late])
  } catch (error) {
    void reader.cancel().catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
}
