// The Accounts page in a real browser: put into order by keyboard and by hand, pooled by dropping one on another, grouped, edited.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isDeepStrictEqual } from 'node:util'
import { setTimeout } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { Desk, narrow, wide } from './world.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const open = (page, path) => page.evaluate((p) => { location.hash = p }, path)
async function settles(ask, want) {
  for (const end = Date.now() + 10_000; Date.now() < end; await setTimeout(50)) if (isDeepStrictEqual(await ask(), want)) return
  assert.deepEqual(await ask(), want)
}

describe('accounts', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk
  let page
  const at = {}

  before(async () => {
    desk = await new Desk().start()
    for (const [kind, name] of [['openai', 'Alpha'], ['openai', 'Beta'], ['anthropic', 'Gamma']]) at[name] = await desk.account(kind, name)
    page = await desk.page()
    await open(page, '/accounts')
  })
  after(() => desk.end())

  const list = () => desk.cli({}, 'accounts', 'list', '--json')
  const order = async () => (await list()).map((a) => a.name)
  const handle = (name) => page.getByRole('button', { name: new RegExp(`: move ${name}$`) })

  test('by keyboard: lifted, moved and put down, each step told to who cannot see it', async () => {
    const spoken = page.locator('[aria-live=assertive]')
    await handle('Gamma').focus()
    await page.keyboard.press('Space')
    await spoken.getByText('Lifted Gamma from place 3 of 3.').waitFor({ state: 'attached' })
    await page.keyboard.press('ArrowUp')
    await spoken.getByText('Gamma is over place 2 of 3.').waitFor({ state: 'attached' })
    await page.keyboard.press('Space')
    await spoken.getByText('Gamma stands at place 2 of 3 now.').waitFor({ state: 'attached' })
    await settles(order, ['Alpha', 'Gamma', 'Beta'])
    await page.getByRole('button', { name: 'Place 2: move Gamma' }).waitFor()
  })

  test('by hand: dropped on another, they are a pool, and requests are spread over it; undone, all is as it was', async () => {
    const from = await handle('Beta').boundingBox()
    const to = await page.getByRole('article', { name: 'Gamma' }).boundingBox()
    const [x, y] = [from.x + from.width / 2, from.y + from.height / 2]
    await page.mouse.move(x, y)
    await page.mouse.down()
    for (let i = 1; i <= 10; i++) await page.mouse.move(x, y + (0.55 * i * (to.y + to.height / 2 - y)) / 10) // over half of it
    await page.locator('li[style*="opacity: 0.75"]').waitFor()
    await page.mouse.up()
    const pool = page.getByRole('region', { name: 'Pool Gamma' })
    await pool.getByRole('article', { name: 'Beta' }).waitFor()
    await settles(async () => (await list()).map((a) => a.pool), [undefined, 'Gamma', 'Gamma'])
    await page.getByRole('button', { name: 'Undo' }).click()
    await pool.waitFor({ state: 'detached' })
    await settles(async () => (await list()).map((a) => a.pool), [undefined, undefined, undefined])
    await settles(order, ['Alpha', 'Gamma', 'Beta'])
  })

  test('a pool by its menu serves from all of it, and one is taken out again', async () => {
    await page.getByRole('button', { name: 'More about Beta' }).click()
    await page.getByRole('menuitem', { name: 'Pool with…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Pool Beta with another' })
    await dialog.getByRole('textbox', { name: 'Name of the pool' }).fill('OpenAI keys')
    await dialog.getByRole('button', { name: 'Pool', exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
    const pool = page.getByRole('region', { name: 'Pool OpenAI keys' })
    await pool.getByText('2 accounts share this place').waitFor()
    await page.getByRole('button', { name: 'Place 1: move OpenAI keys' }).waitFor()
    const key = await desk.localKey('Tool')
    for (const name of ['Alpha', 'Beta']) await at[name].reset()
    for (let i = 0; i < 30; i++) assert.equal((await desk.chat(key, 'gpt-4o', { text: `spread ${i}` })).status, 200)
    for (const name of ['Alpha', 'Beta']) assert.ok((await at[name].calls()).length > 0, `${name} serves`)
    const [row] = (await desk.cli({}, 'usage', '--json')).rows
    assert.match(JSON.stringify(await desk.cli({}, 'explain', row.id, '--json')), /its pool \\+"OpenAI keys\\+" is the first in your order/)
    await page.getByRole('button', { name: 'More about Alpha' }).click()
    await page.getByRole('menuitem', { name: 'Take out of the pool' }).click()
    await pool.waitFor({ state: 'detached' })
    await settles(order, ['Alpha', 'Beta', 'Gamma'])
  })

  test('by provider, each with its place in the order; a group folds', async () => {
    await page.getByText('By provider').click()
    const openai = page.getByRole('region', { name: 'OpenAI', exact: true })
    await openai.getByText(/^2 accounts · \$[\d.]+ today$/).waitFor()
    await page.getByRole('region', { name: 'Anthropic' }).getByTitle('Its place in the order').getByText('3').waitFor()
    await openai.getByRole('button', { expanded: true }).first().click()
    await openai.getByRole('article', { name: 'Alpha' }).waitFor({ state: 'hidden' })
    await page.getByText('By order').click()
    await page.getByRole('article', { name: 'Alpha' }).waitFor()
  })

  test('edit: a name and a path; the key goes to no other server', async () => {
    await page.getByRole('button', { name: 'More about Gamma' }).click()
    await page.getByRole('menuitem', { name: 'Edit…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Edit Gamma' })
    await dialog.getByRole('textbox', { name: 'Base URL' }).fill('https://elsewhere.example')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByRole('alert').filter({ hasText: 'goes to no other' }).waitFor()
    await dialog.getByRole('textbox', { name: 'Base URL' }).fill(at.Gamma.baseURL)
    await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('Delta')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('article', { name: 'Delta' }).waitFor()
  })

  for (const scheme of ['light', 'dark']) {
    test(`axe finds nothing serious, and it fits, ${scheme}`, async () => {
      await desk.cli({}, 'accounts', 'pool', 'Keys', 'Alpha', 'Beta', '--json')
      for (const viewport of [wide, narrow]) {
        const p = await desk.page({ scheme, viewport })
        await open(p, '/accounts')
        await p.getByRole('region', { name: 'Pool Keys' }).waitFor()
        for (const by of ['By order', 'By provider']) {
          await p.getByText(by).click()
          await p.getByRole('article', { name: 'Alpha' }).waitFor()
          await p.evaluate(axe)
          const found = await p.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
          assert.deepEqual(found.violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(', ')}`), [])
          assert.ok((await p.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0)
        }
        assert.deepEqual(p.wrong, [])
        await p.context().close()
      }
    })
  }
})
