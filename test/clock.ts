/**
 * The virtual time of the tests is that of the simulator.
 */
export { VirtualClock as Clock } from '../lib/sim/clock.js'
