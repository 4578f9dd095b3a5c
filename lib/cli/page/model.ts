/**
 * What is drawn: hosts and links, from one host's view of its own links, or from all hosts' of a demo.
 */
import type { DemoPeer, DemoView } from '../demo/shapes.js'
import type { View } from '../server/view.js'

export type Place = 'self' | 'up' | 'doubt' | 'down' | 'far'

export type Dot = { name: string; place: Place; note: string }

export type LinkState = 'live' | 'catching' | 'silent' | 'away' | 'cut'

/** A link between two hosts; `out` is from `a` to `b`. */
export type Line = {
  a: string
  b: string
  state: LinkState
  lag: number
  rttMs: number | null
  changesOut: number
  changesIn: number
  bytes: number
  /** Whether it can be cut and healed here. */
  cuttable: boolean
}

/** `centre` is the host all links of which are here. */
export type Picture = { dots: Dot[]; lines: Line[]; centre: string | null }

function stateOf(peer: DemoPeer): LinkState {
  if (!peer.connected) return 'away'
  return peer.silent ? 'silent' : peer.synced ? 'live' : 'catching'
}

function lineOf(a: string, peer: DemoPeer): Line {
  const { host, lag, rttMs, changesIn, changesOut, bytesIn, bytesOut } = peer
  return { a, b: host, state: stateOf(peer), lag, rttMs, changesOut, changesIn, bytes: bytesIn + bytesOut, cuttable: false }
}

/** The network as one host knows it: its own links, and hosts it has heard of. */
export function pictureOf(view: View): Picture {
  const doubts = new Map(view.doubts.map(({ host, why }) => [host, why]))
  const peers = view.peers.map(({ host, connected }): Dot => {
    const why = doubts.get(host)
    return { name: host, place: why !== undefined ? 'doubt' : connected ? 'up' : 'down', note: why ?? '' }
  })
  const self: Dot = { name: view.host, place: 'self', note: 'this host' }
  const far = view.others.map((name): Dot => ({ name, place: 'far', note: 'no link from here' }))
  return { dots: [self, ...peers, ...far], lines: view.peers.map((peer) => lineOf(view.host, peer)), centre: view.host }
}

/** The whole network of a demo, of which each host told its own links. */
export function demoPicture(view: DemoView, seenFrom: string): Picture {
  const byName = new Map(view.hosts.map((host) => [host.name, host]))
  const dots = view.hosts.map(({ name, pid, coherent }): Dot => {
    const note = pid === null ? 'down' : coherent ? 'coherent' : 'not coherent'
    return { name, place: pid === null ? 'down' : name === seenFrom ? 'self' : coherent ? 'up' : 'doubt', note }
  })
  const lines = view.cables.map(({ a, b, cut }): Line => {
    const peer = byName.get(a)?.peers.find(({ host }) => host === b) ?? mirrored(byName.get(b)?.peers.find(({ host }) => host === a))
    const line = peer === undefined ? gone(a, b) : lineOf(a, { ...peer, host: b })
    return { ...line, state: cut ? 'cut' : line.state, cuttable: true }
  })
  return { dots, lines, centre: null }
}

function gone(a: string, b: string): Line {
  return { a, b, state: 'away', lag: 0, rttMs: null, changesOut: 0, changesIn: 0, bytes: 0, cuttable: false }
}

/** A link as its other end sees it. */
function mirrored(peer: DemoPeer | undefined): DemoPeer | undefined {
  return peer === undefined ? undefined : { ...peer, changesIn: peer.changesOut, changesOut: peer.changesIn }
}

/** Puts hosts on an ellipse, and one in its middle if so told: any network can be read so, and nothing jumps about. */
export function placed(all: readonly string[], centre: string | null, width: number, height: number): Map<string, { x: number; y: number }> {
  const names = all.filter((name) => name !== centre)
  const margin = 44
  const turn = (2 * Math.PI) / Math.max(1, names.length)
  const angles = names.map((_, i) => i * turn - Math.PI / 2)
  // An odd ring has a corner above and a side below: it is moved to the middle.
  const low = Math.max(...angles.map(Math.sin))
  const down = names.length > 2 && centre === null ? ((height / 2 - margin) * (1 - low)) / 2 : 0
  const middle: [string, { x: number; y: number }][] = centre === null ? [] : [[centre, { x: width / 2, y: height / 2 }]]
  return new Map([...middle, ...names.map((name, i): [string, { x: number; y: number }] => {
    const angle = angles[i] ?? 0
    return [name, { x: width / 2 + (width / 2 - margin) * Math.cos(angle), y: height / 2 + down + (height / 2 - margin) * Math.sin(angle) }]
  })])
}
