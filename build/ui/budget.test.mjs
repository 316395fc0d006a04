// What the pages weigh, and how calmly they come: JavaScript under 700 kB gzipped in all, no layout that jumps. First paint is printed; its bound is
// wide, since it is this machine's.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { after, before, describe, test } from 'node:test'
import { Desk } from './world.mjs'

const assets = new URL('../../frontend/dist/assets/', import.meta.url)
const paths = ['/', '/accounts', '/models', '/routing', '/tools', '/requests', '/explain', '/playground', '/costs', '/settings', '/doctor']

test('JavaScript stays under 700 kB gzipped', (t) => {
  const bytes = readdirSync(assets).filter((f) => f.endsWith('.js')).reduce((sum, f) => sum + gzipSync(readFileSync(new URL(f, assets))).length, 0)
  t.diagnostic(`${Math.round(bytes / 1000)} kB`)
  assert.ok(bytes > 0 && bytes < 700_000, `${bytes} bytes`)
})

/** What is on the pages: little, as on the first day, and some of all. */
const worlds = {
  new: (desk) => desk.account('openai', 'Work'),
  used: async (desk) => {
    await desk.account('openai', 'Work')
    await desk.account('anthropic', 'Home')
    const key = await desk.localKey('Editor')
    for (let i = 0; i < 8; i++) assert.equal((await desk.chat(key, 'gpt-4o')).status, 200)
    await desk.cli({}, 'budgets', 'set', 'Monthly', '20', '--per', 'month', '--json')
  },
}

for (const [name, fill] of Object.entries(worlds)) describe(`paint, ${name}`, { concurrency: 1 }, () => {
  let desk
  before(async () => {
    desk = await new Desk().start()
    await fill(desk)
  })
  after(() => desk?.end())

  for (const path of paths) {
    test(`${path} of the ${name} comes soon, and nothing jumps`, async (t) => {
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
      assert.ok(shift <= 0.1, `layout shift ${shift}`)
      await page.context().close()
    })
  }
})
