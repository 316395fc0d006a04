// The Costs page: what was spent, when, against what was expected, and what may be.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { Desk } from './world.mjs'

describe('costs', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk
  let page
  let key

  before(async () => {
    desk = await new Desk().start()
    await desk.account('openai', 'Work')
    key = await desk.localKey('Zed')
    for (let i = 0; i < 3; i++) await desk.chat(key, 'gpt-4o', { text: 'Explain this to me. '.repeat(50 * (i + 1)) })
    await desk.chat(key, 'gpt-5-mini')
    page = await desk.page()
    await page.evaluate(() => { location.hash = '/costs' })
    await page.getByText('4 requests').waitFor()
  })
  after(() => desk.end())

  const choose = async (name) => {
    await page.getByRole('combobox', { name: 'Period' }).click()
    await page.getByRole('option', { name, exact: true }).click()
  }

  test('days of choice: what is shown and exported is of these days alone', async () => {
    await choose('Days of choice…')
    const [from, to] = [page.getByLabel('From', { exact: true }), page.getByLabel('To', { exact: true })]
    await page.getByText('4 requests').waitFor()
    await from.fill('2020-02-01')
    await to.fill('2020-02-29')
    await page.getByRole('heading', { name: 'Nothing was spent' }).waitFor()
    await page.getByRole('button', { name: 'Export' }).click()
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /CSV/ }).click()])
    assert.equal(readFileSync(await file.path(), 'utf8').trim().split('\n').length, 1, 'the names of the columns alone')
    await to.fill('2199-01-01')
    await page.getByText('4 requests').waitFor()
    await choose('Last month')
    await page.getByRole('heading', { name: 'Nothing was spent' }).waitFor()
    await choose('Today')
    await page.getByText('4 requests').waitFor()
  })

  test('the time before stands beside it', async () => {
    await page.getByText(/^The same time before \(.+ to .+\): no request\.$/).waitFor()
  })

  test('how far estimates were from what was told, by model, is what the command line says', async () => {
    const { misses } = await desk.usage()
    assert.deepEqual(misses.map((m) => m.model).sort(), ['gpt-4o', 'gpt-5-mini'])
    const table = page.getByRole('table', { name: 'Estimate against true' })
    for (const m of misses) {
      const row = table.getByRole('row').filter({ hasText: m.model })
      await row.getByRole('cell', { name: String(m.requests), exact: true }).waitFor()
      const off = m.cost < 0.01 ? 'under 1 %' : `${Math.round(100 * m.cost)} %`
      await row.getByRole('cell').last().getByText(`off by ${off}`).waitFor()
    }
  })

  test('a budget that is reached says so, and what it does', async () => {
    await desk.cli({}, 'budgets', 'set', 'Pocket money', '0.000001', '--per', 'day', '--hard', '--json')
    const budget = page.getByRole('article', { name: 'Pocket money' })
    await budget.getByText('spent: requests are refused').waitFor()
    assert.equal((await desk.chat(key, 'gpt-4o')).status, 429)
    await budget.getByRole('button', { name: 'Raise Pocket money' }).click()
    await budget.getByText('spent: requests are refused').waitFor({ state: 'detached' })
    assert.equal((await desk.chat(key, 'gpt-4o')).status, 200)
  })

  test('all of it speaks Chinese', async () => {
    const chinese = await desk.page({ locale: 'zh-CN' })
    await chinese.evaluate(() => { location.hash = '/costs' })
    await chinese.getByRole('table', { name: '估算与实际' }).waitFor()
    await chinese.getByText('每天', { exact: true }).first().waitFor()
    assert.deepEqual(chinese.wrong, [])
    await chinese.context().close()
  })

  test('nothing went wrong in the page', () => assert.deepEqual(page.wrong, []))
})
