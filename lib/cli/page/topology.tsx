/**
 * The network: hosts on a ring, links coloured by state and as thick as their traffic, and the changes that travel over them.
 */
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { JSX } from 'preact'
import { placed, type Line, type LinkState, type Picture } from './model.js'
import { perSecond } from './rates.js'
import { Travel } from './travel.js'

const [width, height] = [640, 380]
const labelMax = 14

/** Hosts beyond so many get no label but in a tooltip, unless something is wrong with them. */
const labelledMax = 40

const said: Record<LinkState, string> = { live: 'in step', catching: 'catching up', silent: 'silent', away: 'no link', cut: 'cut' }

type Deeds = {
  /** Looks through another host; where that is possible. */
  onHost?: ((name: string) => void) | undefined
  onLine?: ((line: Line) => void) | undefined
}

export function Topology({ picture, onHost, onLine }: { picture: Picture } & Deeds): JSX.Element {
  const names = picture.dots.map(({ name }) => name).join('\n')
  const { centre } = picture
  const places = useMemo(() => placed(picture.dots.map(({ name }) => name), centre, width, height), [names, centre])
  const layer = useRef<SVGGElement>(null)
  const travel = useRef<Travel | null>(null)
  useEffect(() => {
    if (layer.current !== null) travel.current = new Travel(layer.current)
    return () => travel.current?.stop()
  }, [])
  useEffect(() => travel.current?.show(picture.lines, places, 250), [picture])
  const labelled = picture.dots.length <= labelledMax
  return (
    <svg class="topology" viewBox={`0 0 ${width} ${height}`} role="group" aria-label="Network">
      {picture.lines.map((line) => <Cable key={`${line.a}\n${line.b}`} line={line} places={places} onLine={onLine} />)}
      <g ref={layer} />
      {picture.dots.map(({ name, place, note }) => {
        const { x, y } = places.get(name) ?? { x: 0, y: 0 }
        const label = name.length > labelMax ? `${name.slice(0, labelMax - 1)}…` : name
        return (
          <g key={name} class={`host ${place}`} data-host={name} transform={`translate(${x} ${y})`} {...pressed(onHost && (() => onHost(name)), `${name}: ${note}`)}>
            <title>{`${name}${note === '' ? '' : `: ${note}`}`}</title>
            <circle r={labelled ? 22 : 7} />
            {(labelled || place === 'doubt' || place === 'self') && <text y={labelled && label.length <= 3 ? 6 : 38}>{label}</text>}
          </g>
        )
      })}
    </svg>
  )
}

function Cable({ line, places, onLine }: { line: Line; places: ReturnType<typeof placed>; onLine: Deeds['onLine'] }): JSX.Element | null {
  const rate = perSecond(`cable ${line.a}\n${line.b}`, line.bytes)
  const [a, b] = [places.get(line.a), places.get(line.b)]
  if (a === undefined || b === undefined) return null
  const trip = line.rttMs === null ? '' : `, round trip ${line.rttMs.toFixed(1)} ms`
  const text = `${line.a} – ${line.b}: ${said[line.state]}, lag ${line.lag}${trip}`
  const deed = line.cuttable ? `${text}. ${line.state === 'cut' ? 'Heal' : 'Cut'} it` : text
  const ends = { x1: a.x, y1: a.y, x2: b.x, y2: b.y }
  return (
    <g class={`cable ${line.state}`} data-cable={`${line.a}-${line.b}`} {...pressed(line.cuttable && onLine ? () => onLine(line) : undefined, deed)}>
      <title>{deed}</title>
      <line class="reach" {...ends} />
      <line class="wire" {...ends} stroke-width={2 + Math.min(7, Math.log2(1 + rate / 1_000))} />
    </g>
  )
}

/** What can be pressed, by mouse and by keyboard. */
function pressed(deed: (() => void) | undefined, label: string): JSX.SVGAttributes<SVGGElement> {
  if (deed === undefined) return { 'aria-label': label, role: 'img' }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    deed()
  }
  // Attributes of SVG are not those of HTML: tabIndex would be none.
  return { 'aria-label': label, role: 'button', tabindex: 0, onClick: deed, onKeyDown }
}
