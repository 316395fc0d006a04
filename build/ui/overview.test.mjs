// The Overview in a real browser: a failover seen while it happens, what needs attention and the button that helps, charts that can be read aloud.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { ms } from '../sdk/imitation.mjs'
import { Desk, narrow, wide } from './world.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const open = (page, path) => page.evaluate((p) => { location.hash = p }, path)

describe('overview', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk
  let page
  let first
  let second
  let key

  before(async () => {
    desk = await new Desk().start()
    first = await desk.account('openai', 'First')
    second = await desk.account('openai', 'Second')
    key = await desk.localKey('Codex')
    assert.equal((await desk.chat(key, 'gpt-4o')).status, 200)
    page = await desk.page()
  })
  after(() => desk.end())

  const latest = () => page.getByRole('table', { name: 'The last six' })
  const needs = () => page.getByRole('region', { name: 'Accounts' })

  test('a failover is seen while it happens: the account that could not serve is struck out, and nothing jumps', async () => {
    await latest().getByRole('row').filter({ hasText: 'gpt-4o' }).waitFor()
    const below = page.getByRole('heading', { name: 'Spent and saved' })
    const stood = (await below.boundingBox()).y
    await first.fault({ kind: 'stall-headers', model: 'gpt-5', times: 1 }) // given up after two seconds
    await second.pace({ delay: ms(400) })
    const sent = desk.chat(key, 'gpt-5', { stream: true })
    const row = latest().getByRole('row').filter({ hasText: 'gpt-5' })
    await row.filter({ hasText: 'Running' }).getByText('First', { exact: true }).waitFor()
    assert.equal(await row.locator('s').count(), 0)
    await row.filter({ hasText: 'Running' }).locator('s').filter({ hasText: 'First' }).waitFor()
    await row.getByText('Second', { exact: true }).waitFor()
    await row.getByText('Failed over').waitFor()
    assert.equal((await sent).status, 200)
    assert.match(await row.innerText(), /Codex[\s\S]*gpt-5[\s\S]*First[\s\S]*Second/)
    assert.equal((await below.boundingBox()).y, stood)
    await second.pace({})
  })

  test('what needs attention says what to do, and its button does it', async () => {
    await needs().getByText(/cooling after a time-out/).waitFor()
    await needs().getByRole('button', { name: 'Clear the cooldown of First' }).click()
    await needs().getByText('All 2 accounts can serve.').waitFor()

    await first.fault({ kind: '401', model: 'gpt-4.1', times: 1 })
    assert.equal((await desk.chat(key, 'gpt-4.1')).status, 200)
    await needs().getByRole('button', { name: 'Replace the key of First' }).click()
    const dialog = page.getByRole('dialog', { name: 'Replace the key of First' })
    await dialog.getByLabel('New key').first().fill(first.key)
    await dialog.getByRole('button', { name: 'Replace' }).click()
    await dialog.waitFor({ state: 'hidden' })

    await open(page, '/accounts')
    await page.getByRole('button', { name: 'Test First' }).click() // the key is good after all
    await page.getByRole('article', { name: 'First' }).getByText('Ready').waitFor()
    await page.getByRole('button', { name: 'More about Second' }).click()
    await page.getByRole('menuitem', { name: 'Leave it out for now' }).click()
    await open(page, '/')
    await needs().getByRole('button', { name: 'Use Second again' }).click()
    await needs().getByText('All 2 accounts can serve.').waitFor()
  })

  test('a budget shows what is spent of it, and when it begins anew', async () => {
    assert.equal(await page.getByRole('region', { name: 'Budgets' }).count(), 0)
    await desk.cli({}, 'budgets', 'set', 'Pocket money', '5', '--per', 'day', '--json')
    const bar = page.getByRole('meter', { name: 'Pocket money' })
    await bar.waitFor()
    await page.getByRole('region', { name: 'Budgets' }).getByText(/^\$0\.\d+ of \$5\.00$/).waitFor()
    await page.getByRole('region', { name: 'Budgets' }).getByText(/^begins anew in \d/).waitFor()
  })

  test('charts can be read aloud: today by hour, thirty days by account, by model and by how requests ended', async () => {
    const days = page.getByRole('table', { name: 'Use by day' })
    await page.getByRole('table', { name: 'Use by hour' }).getByText(/tokens$/).first().waitFor()
    await days.getByRole('columnheader', { name: 'First' }).waitFor()
    await days.getByRole('columnheader', { name: 'Second' }).waitFor()
    await page.getByText('By model').click()
    await days.getByRole('columnheader', { name: 'gpt-4.1' }).waitFor()
    await page.getByRole('radiogroup', { name: 'What the chart of days shows' }).getByText('Requests').click()
    await days.getByRole('columnheader', { name: 'Not answered' }).waitFor()
    await days.getByRole('cell', { name: '3', exact: true }).waitFor()
  })

  test('every mode is a click away, with what it means', async () => {
    await page.getByRole('radio', { name: /^Cheapest\. / }).click()
    await page.getByText('Use whoever costs least for this request, its cache and failures counted in.').waitFor()
    for (const end = Date.now() + 10_000; (await desk.cli({}, 'mode', '--json')).mode !== 'cost'; ) assert.ok(Date.now() < end, 'the mode is not in force')
  })

  for (const scheme of ['light', 'dark']) {
    test(`axe finds nothing serious, and it fits, ${scheme}`, async () => {
      for (const viewport of [wide, narrow]) {
        const p = await desk.page({ scheme, viewport })
        await p.getByRole('table', { name: 'Use by day' }).waitFor({ state: 'attached' })
        await p.evaluate(axe)
        const found = await p.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
        assert.deepEqual(found.violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(', ')}`), [])
        assert.ok((await p.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0)
        assert.deepEqual(p.wrong, [])
        await p.context().close()
      }
    })
  }

  test('it speaks Chinese', async () => {
    const p = await desk.page({ locale: 'zh-CN' })
    await p.getByRole('heading', { level: 1, name: '概览' }).waitFor()
    await p.getByRole('radio', { name: /^故障转移/ }).waitFor()
    await p.getByRole('table', { name: '最近六个' }).waitFor()
    await p.context().close()
  })
})
