/**
 * How the page asks its host: with the bearer token where there is one, which lives as long as the page does.
 */
let token = ''

/** Told when the host wants a token. */
let onLocked: () => void = () => {}

export function unlock(given: string): void {
  token = given
}

export function whenLocked(listener: () => void): void {
  onLocked = listener
}

export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (token !== '') headers.set('authorization', `Bearer ${token}`)
  const response = await fetch(path, { ...init, headers, cache: 'no-store', credentials: 'omit' })
  if (response.status === 401) onLocked()
  return response
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, signal === undefined ? {} : { signal })
  if (!response.ok) throw new Error(await reason(response))
  return await response.json() as T
}

export async function post(path: string, body: unknown): Promise<void> {
  const response = await ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(await reason(response))
}

async function reason(response: Response): Promise<string> {
  const answer = await response.json().catch(() => null) as { message?: unknown } | null
  return typeof answer?.message === 'string' ? answer.message : `status ${response.status}`
}
