/**
 * Makes the picture of the page that the README opens with: the demo, some seconds old, with a link that is cut.
 *
 *     node scripts/picture.mjs [file]        lib/cli/page/page.png unless told
 *
 * It takes the machine's own Chromium; PULL_GOSSIP_CHROMIUM may name another.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { buildProgram } from './program.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const path = process.argv[2] ?? join(root, 'lib/cli/page/page.png')
const executablePath = process.env.PULL_GOSSIP_CHROMIUM ?? '/usr/bin/chromium'
const folder = mkdtempSync(join(tmpdir(), 'pull-gossip-picture-'))
const { PULL_GOSSIP_CHROMIUM: _, ...env } = process.env
const demo = spawn(process.execPath, [buildProgram(join(folder, 'program')), 'demo', '--http', '0', '--pace', '12', '--corpus', join(root, 'node_modules')], { env, stdio: ['ignore', 'pipe', 'inherit'] })

/** The address of the page. */
function opened() {
  return new Promise((resolve, reject) => {
    let text = ''
    demo.stdout.on('data', (chunk) => {
      text += chunk
      const [, url] = /the page is (\S+)/.exec(text) ?? []
      if (url !== undefined) resolve(url)
    })
    demo.on('exit', () => reject(new Error(`the demo ended:\n${text}`)))
  })
}

try {
  const url = await opened()
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 860 }, colorScheme: 'light' })
    await page.goto(url)
    await page.waitForSelector('.flag.coherent')
    await page.waitForTimeout(20_000)
    await page.getByRole('button', { name: 'cut γ–δ' }).click()
    await page.waitForTimeout(3_000)
    await page.screenshot({ path })
  } finally {
    await browser.close()
  }
} finally {
  demo.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
}
