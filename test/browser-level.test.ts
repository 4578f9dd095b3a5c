/**
 * A journal in a browser: browser-level over IndexedDB, in pages of a real headless Chromium that are loaded anew, closed, and killed with all of it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import test, { type Test } from 'tape'
import { args, deadlineMs, executablePath, host, inPage, inTime, pageOf, pageOfCode, served, skip, type Pages } from './chromium.js'

/** A whole browser that can be killed. */
type Killable = { context: BrowserContext; kill: () => Promise<void> }

const folder = mkdtempSync(join(tmpdir(), 'pull-gossip-browser-'))
let started: Promise<Killable> | null = null
let pages: Promise<Pages> | null = null
test.onFinish(() => void (async () => {
  await started?.then(({ kill }) => kill(), () => {})
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})())

/** The browser, which is started if it is not there. */
function running(): Promise<Killable> {
  started ??= start()
  return started
}

async function start(): Promise<Killable> {
  const quick = ['--disable-extensions', '--disable-default-apps', '--no-default-browser-check', '--password-store=basic', '--mute-audio']
  const child = spawn(executablePath, [...args, ...quick, '--headless', '--remote-debugging-port=0', `--user-data-dir=${folder}`], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const end = once(child, 'exit')
  const kill = async (): Promise<void> => {
    // With all the processes that it started.
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), 'SIGKILL')
    await end
    started = null
  }
  const at = new Promise<string>((resolve) => {
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const [, found] = /listening on (ws:\S+)/.exec(said) ?? []
      if (found !== undefined) resolve(found)
    })
  })
  try {
    const browser = await chromium.connectOverCDP(await inTime('the browser listened', at), { timeout: deadlineMs })
    return { context: browser.contexts()[0] as BrowserContext, kill }
  } catch (error) {
    await kill()
    throw error
  }
}

/** Where the page is: at an address of each test's own, by which databases go. */
async function url(t: Test): Promise<string> {
  pages ??= pageOfCode('test/page/journal.ts')
  return `http://${host}:${await served(t, await pages)}`
}

async function opened(t: Test, at: string): Promise<Page> {
  const { context } = await running()
  const page = await pageOf(t, context)
  t.teardown(() => page.close().catch(() => {}))
  await page.goto(at, { timeout: deadlineMs })
  return page
}

/** Writes names, and waits until the journal has them. */
function write(page: Page, clicks: number): Promise<unknown> {
  return inPage(page, `clicks.increment(${clicks}); store.settled({ disk: true })`)
}

test('browser-level keeps every rule of the suite', { skip }, async (t) => {
  const page = await opened(t, await url(t))
  for (const durable of ['batch', 'sync']) t.deepEqual(await inPage(page, `faults('${durable}')`), [], durable)
})

test('a store outlives its page: in sync as the same author, in batches, where nobody closed it, as a new one', { skip }, async (t) => {
  const page = await opened(t, await url(t))
  await inPage(page, "open('sync')")
  await inPage(page, "for (let i = 0; i < 3000; i += 1) store.counter('Zähler № ' + i).increment(i); store.set('tags').add('x'); store.register('r').write({ of: ['any'] })")
  await write(page, 3)
  const [first] = await inPage(page, 'authors()') as string[]
  await page.reload({ timeout: deadlineMs })
  await inPage(page, "open('sync')")
  await write(page, 4)
  t.deepEqual(await inPage(page, 'authors()'), [first], 'its life goes on')
  t.deepEqual(await inPage(page, "[clicks.value, store.names().length, store.counter('Zähler № 2999').value, store.set('tags').values(), store.register('r').value]"), [7, 3_002, 2_999, ['x'], { of: ['any'] }])
  await page.reload({ timeout: deadlineMs })
  await inPage(page, "open('batch')")
  await write(page, 5)
  t.deepEqual(await inPage(page, 'authors()'), [first], 'what was written in sync leaves no doubt')
  await page.reload({ timeout: deadlineMs })
  await inPage(page, "open('batch')")
  await write(page, 6)
  t.equal((await inPage(page, 'authors()') as string[]).length, 2, 'a browser does not tell whether the system went down')
  await inPage(page, 'store.close()')
  await page.reload({ timeout: deadlineMs })
  await inPage(page, "open('batch')")
  await write(page, 7)
  t.equal((await inPage(page, 'authors()') as string[]).length, 2, 'after a close its life goes on')
  t.equal(await inPage(page, 'clicks.value'), 25)
})

test('one page at a time has the store, by a Web Lock; the next one goes on when it is closed', { skip }, async (t) => {
  const at = await url(t)
  const [one, two] = [await opened(t, at), await opened(t, at)]
  await inPage(one, "open('sync')")
  await write(one, 1)
  const next = inPage(two, "open('sync')")
  t.equal(await inPage(two, 'navigator.locks.query().then(({ pending }) => pending.length)'), 1, 'the second one waits')
  await write(one, 1)
  await one.close()
  await next
  await write(two, 1)
  t.deepEqual(await inPage(two, '[clicks.value, authors().length]'), [3, 1])
})

test('a browser that has no more room refuses writes with a code, and takes them when there is', { skip }, async (t) => {
  const at = await url(t)
  const page = await opened(t, at)
  const tools = await page.context().newCDPSession(page)
  await tools.send('Storage.overrideQuotaForOrigin', { origin: at, quotaSize: 100_000 })
  await inPage(page, "open('sync')")
  await write(page, 1)
  const fill = "clicks.increment(); for (let i = 0; i < 15; i += 1) store.register('large ' + i).write('x'.repeat(10_000)); store.settled({ disk: true }).catch(({ code }) => code)"
  t.equal(await inPage(page, fill), 'ERR_DISK')
  t.equal(await inPage(page, '(() => { try { clicks.increment() } catch ({ code }) { return code } })()'), 'ERR_DISK')
  t.equal(await inPage(page, 'clicks.value'), 2, 'reads go on')
  await tools.send('Storage.overrideQuotaForOrigin', { origin: at })
  await page.waitForFunction("events.at(-1) === 'writable'", null, { timeout: deadlineMs })
  await write(page, 1)
  await page.reload({ timeout: deadlineMs })
  await inPage(page, "open('sync')")
  await write(page, 1)
  t.deepEqual(await inPage(page, "[clicks.value, authors().length, store.register('large 14').value.length]"), [4, 1, 10_000])
})

test('what was acknowledged is there when the whole browser was killed', { skip }, async (t) => {
  const at = await url(t)
  const page = await opened(t, at)
  await inPage(page, "open('sync')")
  for (let i = 0; i < 20; i += 1) await write(page, 1)
  const [author] = await inPage(page, 'authors()') as string[]
  const { kill } = await running()
  await kill()
  const again = await opened(t, at)
  await inPage(again, "open('sync')")
  t.equal(await inPage(again, 'clicks.value'), 20)
  await write(again, 1)
  t.deepEqual(await inPage(again, 'authors()'), [author])
})
