/**
 * `pull-gossip decode < capture`: what goes over one direction of a connection, made readable.
 */
import { limits } from '../limits.js'
import type { Source } from '../pull.js'
import { doubleline } from '../wire/codec.js'
import { parse, type Parsed, type Stated } from '../wire/parse.js'
import { exits, Failure, messageOf } from './failure.js'
import { Terminal } from './terminal.js'
import { moment, plain, shownValue } from './text.js'

/** What `decode` is told. */
export type DecodeFlags = { json?: boolean }

/** Runs the command. */
export async function decode({ json }: DecodeFlags): Promise<void> {
  const terminal = new Terminal(json === true)
  const names = new Map<number, string>()
  const read = doubleline.parse()(sourceOf(process.stdin))
  for (let frame = 1; ; frame += 1) {
    try {
      const given = await next(read)
      if (given === end) return
      for (const message of parse(given, limits)) await terminal.item(asJson(message, frame), () => said(message, frame, names))
    } catch (error) {
      throw new Failure(`frame ${frame} is none: ${messageOf(error)}`, exits.usage)
    }
  }
}

const end = Symbol('end')

/** One frame. */
function next(read: Source<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    read(null, (ended, frame) => {
      if (ended instanceof Error) reject(ended)
      else resolve(ended ? end : frame)
    })
  })
}

function sourceOf(stream: AsyncIterable<Uint8Array>): Source<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>
  return (abort, cb) => {
    if (abort) return cb(abort)
    iterator.next().then(({ done, value }) => (done === true ? cb(true) : cb(null, value)), (error: unknown) => cb(error as Error))
  }
}

function asJson(message: Parsed, frame: number): object {
  return JSON.parse(JSON.stringify({ frame, ...message }, (_, value: unknown): unknown => {
    if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>)
    return value instanceof Set ? [...value as Set<string>] : value
  })) as object
}

/** One message, for people. */
function said(message: Parsed, frame: number, names: Map<number, string>): string {
  const at = `${String(frame).padStart(4)}  ${message.type.padEnd(6)}  `
  switch (message.type) {
    case 'hello': return `${at}${hello(message)}`
    case 'proof': return `${at}proves that it knows ${message.proofs.length === 1 ? 'a key' : `${message.proofs.length} keys`}`
    case 'have': {
      const kind = stanceOf(message)
      const refused = [...message.refused ?? []].map(([code, count]) => `, refused ${count}: ${plain(code)}`)
      return `${at}${kind} ${listed(message.stated, names)}; ${message.sent} changes sent${refused.join('')}${message.more ? ', more follows' : ''}`
    }
    case 'change': return `${at}${changes(message, names).join(`\n${' '.repeat(14)}`)}`
    case 'ping': return `${at}sent ${moment(message.sentAt)}${message.echo === 0 ? '' : `, echoes ${moment(message.echo)} held ${message.held} ms`}`
    case 'ask': return `${at}serve from ${listed(message.stated, names)}${message.names.map(([kind, name]) => `, ${plain(kind)} ${plain(name)}`).join('')}`
    case 'packet': return `${at}${shownValue(message.packet)}`
    case 'bye': return `${at}${plain(message.code)}${message.leave ? ', leaves for good' : ''}`
    case 'link': return `${at}choice ${message.choice}${message.keeps ? ', keeps' : ''}${message.uris.length === 0 ? '' : `, listens at ${message.uris.map(plain).join(' ')}`}`
    case 'audit': return `${at}${audited(message)}`
    case 'unknown': return `${at}a message of a type not known here`
  }
}

function stanceOf({ claim, partial }: Extract<Parsed, { type: 'have' }>): string {
  if (claim === null) return partial ? 'has served what may be had, and is at' : 'is at'
  return claim === 'all' ? 'claims' : 'claims these'
}

function hello({ version, host, life, net, digest, features, nonce }: Extract<Parsed, { type: 'hello' }>): string {
  const more = [
    ...(net === null ? [] : [`net ${plain(net)}`]), `digest ${plain(digest)}`, ...(features.size === 0 ? [] : [`features ${[...features].map(plain).join(' ')}`]),
    ...(nonce === null ? [] : ['asks for the key'])
  ]
  return `${plain(host)}~${life}, version ${version}, ${more.join(', ')}`
}

/** Where an audit is, by the addresses that it names. */
function audited({ nodes, lists, wanted, found, serve, asked, held, spans }: Extract<Parsed, { type: 'audit' }>): string {
  const told = [
    ...nodes.map(([address]) => `sums at ${address === '' ? 'the top' : address}`), ...lists.map(([address]) => `places at ${address === '' ? 'the top' : address}`),
    ...(spans === null ? [] : [`${spans.sums.size} spans`]), ...wanted.map(([address]) => `wants some at ${address === '' ? 'the top' : address}`),
    ...(found === null ? [] : [`${found} differ`]), ...(serve === null ? [] : [`wants ${serve}`]),
    ...(asked === null ? [] : [`asks what is held of ${plain(asked.name)}`]), ...(held === null ? [] : [`holds ${plain(held)}`])
  ]
  return told.join(', ')
}

function changes({ number, id, kind, seqs, names: named, parts, expires, bodies }: Extract<Parsed, { type: 'change' }>, names: Map<number, string>): string[] {
  if (id !== null) names.set(number, id)
  let seq = 0
  return named.map((name, i) => {
    seq += seqs[i] ?? 0
    const part = parts?.[i] ?? ''
    const expire = expires?.said[i] ?? null
    const until = expire === null ? '' : `, ends ${moment(expire === 0 ? 'never' : expire)}`
    return `${plain(names.get(number) ?? `author ${number}`)} ${seq}: ${plain(kind)} ${plain(name)}${part === '' ? '' : ` at ${plain(part)}`} ${shownValue(bodies[i])}${until}`
  })
}

/** A vector: each author, how far, and what above that. */
function listed(stated: readonly Stated[], names: Map<number, string>): string {
  if (stated.length === 0) return 'nothing new'
  return stated.map(({ key, have, dots }) => {
    const [, digits = '', id] = /^(\d+)(?:~(.*))?$/.exec(key) ?? []
    if (id?.includes('~') === true) names.set(Number(digits), id)
    const author = id?.includes('~') === true ? id : digits !== '' && id === undefined ? names.get(Number(digits)) ?? `author ${digits}` : key
    return `${plain(author)} to ${have}${dots.map(([from, to]) => ` +${from}–${to}`).join('')}`
  }).join(', ')
}
