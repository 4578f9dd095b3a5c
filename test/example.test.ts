/**
 * Each example runs alone, says what it should, and ends by itself.
 */
import test, { type Test } from 'tape'
import { Program } from './program.js'

/** Runs to the end, and gives what was written, if all went well. */
async function output(t: Test, program: Program): Promise<string> {
  t.deepEqual(await program.end, { code: 0, signal: null }, 'it ended well')
  t.equal(program.err, '', 'nothing went to stderr')
  return program.out
}

test('two stores in memory come to know the sum, tell when they are apart, and meet again', async (t) => {
  const lines = (await output(t, new Program(t, 'example/memory.ts'))).trim().split('\n')
  t.equal(lines[0], 'together: { coherent: true, value: 5 } { coherent: true, value: 5 }')
  t.match(lines[1] ?? '', /^apart: \{ coherent: false, value: 6 \} \{ coherent: false, value: 5 \} \[ \{ host: 'β', why: 'disconnected'/)
  t.equal(lines[2], 'again: { coherent: true, value: 6 } { coherent: true, value: 6 }')
})

test('a client that is given no server starts one, and both end', async (t) => {
  const out = await output(t, new Program(t, 'example/client.ts'))
  t.match(out, /^before: \{ coherent: false, value: 1 \}$/m)
  t.match(out, /^2 visits, says client \d+$/m)
  t.match(out, /^after: \{ coherent: true, value: 2 \} known to server$/m)
  t.match(out, /^closed after 2 visits$/m)
})

test('a client leaves its visit with a server that it is told of', async (t) => {
  const server = new Program(t, 'example/server.ts')
  const [, port = ''] = await server.says(/^listening on port (\d+)$/m)
  const client = new Program(t, 'example/client.ts', port)
  t.match(await output(t, client), /^after: \{ coherent: true, value: 2 \} known to server$/m)
  t.match(await output(t, server), /^client \d+ left\nclosed after 2 visits$/m)
})

test("the composition of pull-flood's users works around a store's stream", async (t) => {
  t.match(await output(t, new Program(t, 'example/pull-flood.ts')), /^both hold 5 and 5\nclosed$/m)
})

test('three terminals chat, of whom two know the third; one leaves', async (t) => {
  const first = new Program(t, 'example/chat.ts', 'ann')
  const [, port = ''] = await first.says(/^\* ann listens on port (\d+)$/m)
  const others = ['bob', 'cy'].map((name) => new Program(t, 'example/chat.ts', name, port)) as [Program, Program]
  await Promise.all([first.says(/somebody came[^]*somebody came/), ...others.map((program) => program.says(/somebody came/))])
  others[0].write('hello, all\n\n')
  await Promise.all([first.says(/^bob: hello, all$/m), others[1].says(/^bob: hello, all$/m), others[0].says(/^\* 1 are there$/m)])
  others[1].write(null)
  t.deepEqual(await others[1].end, { code: 0, signal: null }, 'who leaves ends by itself')
  await first.says(/^\* somebody left$/m)
  t.notOk(others[0].out.includes('bob:'), 'nobody hears itself')
})

test('a store goes through a method of muxrpc, from CommonJS, between two processes; a peer that hangs up is a plain disconnect', async (t) => {
  const server = new Program(t, 'example/muxrpc.cjs')
  const [, port = ''] = await server.says(/^port (\d+)$/m)
  const client = await output(t, new Program(t, 'example/muxrpc.cjs', port))
  t.match(client, /^connected to server\nconfirmed by server\n/)
  t.match(await output(t, server), /^port \d+\nclient is gone: its connection ended\ncalls: 10$/m)
})
