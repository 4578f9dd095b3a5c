/**
 * One change as a message system carries it: 112 bytes of JSON, what a flooded change takes with its author, place and amount.
 */

export type Message = { host: string; life: string; seq: number; kind: string; name: string; part: string; plus: number; rest: string }

const bytes = 112

export class Messages {
  private seq = 0
  private readonly life = 'm1k9z7q3'

  constructor(private readonly host: string) {}

  next(name: string, plus: number): Message {
    this.seq += 1
    const message = { host: this.host, life: this.life, seq: this.seq, kind: 'counter', name, part: '', plus, rest: '' }
    // 83 bytes of braces, keys, quotes and commas, and what varies: the rest makes all of one length.
    const taken = 92 + this.host.length + String(this.seq).length + name.length + String(plus).length
    if (taken < bytes) message.rest = 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'.slice(0, bytes - taken)
    return message
  }
}
