/**
 * The machine's own Chromium, for tests: PULL_GOSSIP_CHROMIUM names another, or, if empty, none; without one tests with it are skipped.
 */
import { existsSync } from 'node:fs'

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
