/**
 * All that a host answers, over whichever door.
 */
import { watchersMax } from '../bounds.js'
import { assetRoute } from './assets.js'
import { Refusal, type Route } from './answer.js'
import { batchRoute } from './batch.js'
import { busRoutes } from './bus.js'
import { eventRoute } from './events.js'
import { factRoutes } from './facts.js'
import { metricsRoute } from './metrics.js'
import { valueRoutes } from './values.js'
import { viewRoute } from './view.js'
import type { Watch } from './watch.js'

/** The routes of a host. */
export function routesOf(watch: Watch): Route[] {
  let watchers = 0
  const enter = (): (() => void) => {
    if (watchers >= watchersMax) throw new Refusal(503, `${watchersMax} watch this host already.`)
    watchers += 1
    return () => { watchers -= 1 }
  }
  return [
    ...factRoutes(watch), ...valueRoutes(watch.node.store), batchRoute(watch.node.store), ...busRoutes(watch, enter),
    eventRoute(watch, enter), viewRoute(watch, enter), metricsRoute(watch), assetRoute()
  ]
}
