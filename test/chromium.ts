/**
 * The machine's own Chromium, for tests: PULL_GOSSIP_CHROMIUM names another, or, if empty, none; without one tests with it are skipped. And what a
 * page of theirs needs: code in one piece, a server, a look at what it complains of.
 */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { BrowserContext, Page } from 'playwright-core'
import type { Test } from 'tape'
import { WebSocketServer, type WebSocket } from 'ws'

const root = fileURLToPath(new URL('..', import.meta.url))

export const deadlineMs = 30_000

/** The only address that pages are to reach. */
export const host = '127.0.0.1'

export const executablePath = process.env['PULL_GOSSIP_CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path)) ?? ''

export const skip = executablePath === '' ? 'there is no Chromium on this machine; PULL_GOSSIP_CHROMIUM may name one' : false

export const args = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync',
  // The browser's own errands find nobody: what is tested is here.
  `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${host}`
]

/** A module and all that it draws in, as a browser would load it, and which files that were. */
export async function bundle(path: string): Promise<{ code: string; files: string[]; complaints: string[]; imports: string[] }> {
  const { outputFiles, metafile, errors, warnings } = await build({
    entryPoints: [path], absWorkingDir: root, platform: 'browser', format: 'esm', target: 'es2022',
    bundle: true, minify: true, metafile: true, write: false, logLevel: 'silent'
  })
  return {
    code: outputFiles.map(({ text }) => text).join(''),
    files: Object.keys(metafile.inputs),
    complaints: [...errors, ...warnings].map(({ text }) => text),
    imports: Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  }
}

/** What a promise comes to, unless it takes too long. */
export function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  const result = new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the deadline passed before ${what}`)), deadlineMs)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
  // A test that failed before it came to look at this has said so.
  result.catch(() => {})
  return result
}

/** What a line of code comes to in the page. */
export function inPage(page: Page, code: string): Promise<unknown> {
  return inTime(`the page had done ${code}`, page.evaluate(code))
}

export type Pages = Record<string, { type: string; text: string }>

/** A page that runs a module. */
export async function pageOfCode(path: string): Promise<Pages> {
  const { code } = await bundle(path)
  return {
    '/': { type: 'text/html', text: '<!doctype html><title>page</title><script type="module" src="/page.js"></script>' },
    '/page.js': { type: 'text/javascript', text: code }
  }
}

/** A server of pages and WebSockets; closed with the test, whoever is still connected. */
export async function served(t: Test, pages: Pages, onSocket: (socket: WebSocket) => void = () => {}): Promise<number> {
  const server = createServer(({ url = '' }, response) => {
    const page = pages[url]
    if (page === undefined) response.writeHead(204).end()
    else response.writeHead(200, { 'content-type': page.type }).end(page.text)
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', onSocket)
  t.teardown(() => {
    for (const socket of sockets.clients) socket.terminate()
    sockets.close()
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A page that must not complain. */
export async function pageOf(t: Test, context: BrowserContext): Promise<Page> {
  const page = await inTime('a page was there', context.newPage())
  page.on('pageerror', (error) => t.fail(`the page threw ${error.stack ?? error.message}`))
  page.on('console', (message) => { if (message.type() === 'error') t.fail(`the page complained: ${message.text()}`) })
  return page
}
