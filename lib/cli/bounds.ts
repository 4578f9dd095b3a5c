/**
 * The bounds of the program's own doors, each with its reason. Those of the store and its links are in lib/limits.ts.
 */

/** Bytes of the body of one request: room for the counts of `count`, and for the largest register many times. */
export const requestBytesMax = 1 << 20

/** Levels of arrays and objects in it: many more than a value may have, and few enough for whatever recurses over them. */
export const requestDepthMax = 1_000

/** How long a request may take to arrive. */
export const requestMs = 10_000

/** Connections of the HTTP server at once. */
export const connectionsMax = 256

/** Streams of events at once; each holds some kilobytes of the kernel's, and no queue. */
export const watchersMax = 64

/** News of peers that wait for a slow reader of `/events`: beyond it the oldest are skipped, and their number is told. */
export const newsMax = 64

/** Events of the bus that a host holds for all who listen to it: beyond it the oldest are let go of. Several reads of a link, of 64 kB each, come before a listener that keeps up has its turn. */
export const heardMax = 10_000

/** And the characters of their JSON. */
export const heardCharsMax = 8 << 20

/** Characters of a pattern of events' names, which may be as long as an event: matching takes the one times the other at worst. */
export const patternMax = 256

/** Arguments of one event: more would hardly fit into it, and are too many to be passed as such. */
export const argsMax = 10_000

/** How long the answer to an event waits for slow hosts to take what was emitted before, so that who emits in a loop goes no faster than they do. */
export const drainMs = 2_000

/** How long an answer may wait until all hosts acknowledged: less than a command waits for an answer. */
export const settleMsMax = 20_000

/** Changes that are looked at before others have a turn. */
export const sliceChanges = 500

/** How often a page is told what is so, at most. */
export const viewMs = 250

/** Changes in one view: the newest. */
export const tailMax = 20

/** Peers, and other hosts, in one view: those in doubt first. */
export const hostsMax = 200

/** Names in one answer. */
export const rowsMax = 500

/** Characters of a value that a list of names shows. */
export const shownMax = 120

/** Searches whose results are remembered until names come or go. */
export const searchesMax = 8

/** A line on an idle stream, so that a dead one is found out. */
export const heartbeatMs = 15_000

/** Names and increments in one batch of `count`. */
export const batchNamesMax = 5_000

/** Bytes of one line of what `count` reads: the rest of a longer one is thrown away. */
export const lineBytesMax = 1 << 20

/** Refused lines of an import that are told one by one. */
export const refusedLinesMax = 20
