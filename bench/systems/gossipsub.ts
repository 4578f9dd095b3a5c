/**
 * @libp2p/gossipsub over TCP with yamux: as it comes, signed and under noise; and unsigned in plaintext, which is what the others here do.
 */
import { gossipsub, StrictNoSign } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { plaintext } from '@libp2p/plaintext'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Node } from 'libp2p'
import { Messages, type Message } from '../message.js'
import { drained } from '../sockets.js'
import type { Make, System } from '../system.js'
import { Tally } from '../tally.js'

const topic = 'changes'

/** How often it is looked whether the other end has subscribed, and whether it is in the mesh. */
const lookMs = 20

// libp2p 3 uses it; Node 20 has it not.
const promises = Promise as unknown as { withResolvers?: () => unknown }
promises.withResolvers ??= () => {
  let resolve: (value?: unknown) => void = () => {}
  let reject: (reason?: unknown) => void = () => {}
  const promise = new Promise((yes, no) => { resolve = yes; reject = no })
  return { promise, resolve, reject }
}

function started(signed: boolean): Promise<Node> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [signed ? noise() : plaintext()], streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub(signed ? {} : { globalSignaturePolicy: StrictNoSign, msgIdFn: ({ data }) => data.subarray(0, idBytes) })
    }
  })
}

/** Of our message: it begins with the host and its seq, which tell it from every other. */
const idBytes = 48

class Gossipsub extends Tally implements System {
  private readonly messages: Messages
  private readonly out: Promise<unknown>[] = []

  constructor(host: string, private readonly node: Node) {
    super()
    this.messages = new Messages(host)
    const { pubsub } = node.services
    pubsub.addEventListener('message', ({ detail }) => {
      const { name, plus } = JSON.parse(Buffer.from(detail.data).toString()) as Message
      this.take(name, plus)
    })
    pubsub.subscribe(topic)
  }

  listen(): Promise<number> {
    return Promise.resolve(Number(String(this.node.getMultiaddrs()[0]).split('/')[4]))
  }

  async connect(port: number): Promise<void> {
    await this.node.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`))
    await this.joined()
  }

  /** Where nobody has subscribed nothing is sent. */
  override async joined(): Promise<void> {
    while (this.node.services.pubsub.getSubscribers(topic).length === 0) await new Promise((resolve) => setTimeout(resolve, lookMs))
  }

  add(name: string, n: number): void {
    const data = Buffer.from(JSON.stringify(this.messages.next(name, n)))
    this.out.push(this.node.services.pubsub.publish(topic, data).catch(() => {}))
  }

  async drained(): Promise<void> {
    await Promise.all(this.out.splice(0))
    await drained()
  }
}

const makeWith = (signed: boolean): Make => async (host) => new Gossipsub(host, await started(signed))

export const signed = makeWith(true)
export const plain = makeWith(false)
