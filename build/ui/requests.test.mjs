// The log of requests over a ledger of twenty thousand: it is read where it is looked at, by mouse, by keyboard and by its address.
// UI_REQUESTS=1000000 makes it a million, and prints how long pages take.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { Desk, narrow } from './world.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const many = Number(process.env.UI_REQUESTS ?? 20_000)
const written = (n) => n.toLocaleString('en-US')

describe('requests', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk
  let page
  let key
  const log = () => page.getByRole('grid', { name: 'Requests' })
  const row = (text) => page.getByRole('row').filter({ hasText: text })
  const open = (path) => page.evaluate((p) => { location.hash = p }, path)
  const counted = (n) => page.getByText(`${written(n)} requests`, { exact: true }).waitFor()
  const choose = async (name, option) => {
    await page.getByRole('combobox', { name, exact: true }).click()
    await page.getByRole('option', { name: option, exact: true }).click()
  }
  /** The rows that are drawn, once they have been read: index and text of each. */
  const rows = async () => {
    await page.waitForFunction(() => {
      const drawn = [...document.querySelectorAll('.log-rows [role=row]')]
      return drawn.length > 0 && drawn.every((r) => r.children.length > 2)
    })
    return page.evaluate(() => [...document.querySelectorAll('.log-rows [role=row]')].map((r) => ({ index: Number(r.ariaRowIndex), text: r.innerText })))
  }

  before(async () => {
    desk = new Desk()
    await desk.serve()
    const first = await desk.account('openai', 'Work')
    assert.ok(first)
    await desk.account('openai', 'Private')
    key = await desk.localKey('Codex')
    await desk.localKey('Zed')
    const [clients, accounts] = [await desk.cli({}, 'keys', 'list', '--json'), await desk.cli({}, 'accounts', 'list', '--json')]
    await desk.stopServing()
    const ids = (list) => list.map((x) => x.id).join(',')
    execFileSync(process.env.UI_SEED, ['-dir', desk.data, '-n', String(many), '-clients', ids(clients), '-accounts', ids(accounts)], { env: desk.env, stdio: 'inherit' })
    await desk.start()
    page = await desk.page()
  })
  after(() => desk.end())

  test('all of them are there, and few are drawn', async () => {
    await open('/requests')
    await counted(many)
    assert.equal(await log().getAttribute('aria-rowcount'), String(many + 1))
    const drawn = await rows()
    assert.equal(drawn[0].index, 2)
    assert.ok(drawn.length < 60, `${drawn.length} rows are drawn`)
  })

  test('the scroll bar leads anywhere', async () => {
    for (const part of [0.5, 1, 0.25, 0]) {
      const asked = Date.now()
      await log().evaluate((e, part) => { e.scrollTop = part * e.scrollHeight }, part)
      const near = Math.max(100, many / 50)
      await page.waitForFunction(([row, near]) => Math.abs(Number(document.querySelector('.log-rows [role=row]')?.ariaRowIndex) - row) < near, [many * part, near])
      await page.waitForFunction(() => document.querySelector('.log-rows [role=row] button') !== null) // read, and not only its place
      const drawn = await rows()
      if (process.env.UI_REQUESTS) console.log(`# at ${part} of ${written(many)}: there after ${Date.now() - asked} ms`)
      assert.ok(Math.abs(drawn[0].index - many * part) < near, `row ${drawn[0].index} at ${part}`)
    }
    await log().evaluate((e) => { e.scrollTop = e.scrollHeight })
    await page.locator(`.log-rows [aria-rowindex="${many + 1}"]`).getByRole('button').waitFor() // the oldest of all
  })

  test('by keyboard: up, down, pages, both ends, and one is opened', async () => {
    await log().focus()
    const at = async (index) => page.waitForFunction((i) => document.querySelector('.log-rows [aria-selected=true]')?.ariaRowIndex === String(i), index)
    await page.keyboard.press('Home')
    await at(2)
    await page.keyboard.press('ArrowDown')
    await at(3)
    await page.keyboard.press('End')
    await at(many + 1)
    await page.keyboard.press('ArrowUp')
    await at(many)
    await page.keyboard.press('PageUp')
    const up = Number(await page.locator('.log-rows [aria-selected=true]').getAttribute('aria-rowindex'))
    assert.ok(up < many - 3, `a page up is at ${up}`)
    assert.equal(await log().getAttribute('aria-activedescendant'), await page.locator('.log-rows [aria-selected=true]').getAttribute('id'))
    await rows()
    await page.keyboard.press('Enter')
    const detail = page.getByRole('dialog', { name: 'Request' })
    await detail.getByText('What was tried').waitFor()
    const id = () => page.url().split('/').at(-1)
    const was = id()
    await page.keyboard.press('j')
    await page.waitForFunction((was) => !location.hash.endsWith(was), was)
    assert.ok(id() < was, 'ids are in order of time: the older is less')
    await detail.getByText(id(), { exact: true }).waitFor()
    await page.keyboard.press('k')
    await page.waitForFunction((was) => location.hash.endsWith(was), was)
    await page.keyboard.press('Escape')
    await detail.waitFor({ state: 'hidden' })
  })

  test('filters are counted, stand in the address, and lead there again', async () => {
    await choose('State', 'Failed')
    await counted(many / 100)
    await choose('Account', 'Private')
    assert.match(page.url(), /state=failed/)
    await page.waitForFunction((n) => !document.body.innerText.includes(n), `${written(many / 100)} requests`)
    const drawn = await rows()
    assert.ok(drawn.every((r) => r.text.includes('Failed')), 'each of them failed')
    const address = await page.evaluate(() => location.hash.slice(1))
    const there = await page.getByText(/^[\d,]+ requests$/).innerText()
    await open('/settings')
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    await open(address)
    await page.getByText(there, { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await counted(many)
    await choose('Time', 'Last 24 hours')
    await page.waitForFunction(([all]) => !document.body.innerText.includes(all), [`${written(many)} requests`])
    const day = Number((await page.getByText(/^[\d,]+ requests$/).innerText()).replace(/\D/g, ''))
    assert.ok(day > many / 31 && day < many / 28, `${day} in a day and a part of an hour`)
    await page.getByRole('button', { name: 'Show all' }).click()
    await counted(many)
  })

  test('what is filtered is exported, and nothing else', async () => {
    await choose('State', 'Failed')
    await counted(many / 100)
    await page.getByRole('button', { name: 'Export' }).click()
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'As CSV, for spreadsheets' }).click()])
    const lines = readFileSync(await file.path(), 'utf8').trim().split('\n')
    assert.equal(lines.length, many / 100 + 1)
    assert.ok(lines.slice(1).every((l) => l.includes(',failed,')))
    await page.getByRole('button', { name: 'Show all' }).click()
    await counted(many)
  })

  test('new ones come in at the top; whoever has scrolled away is told, and moved nowhere', async () => {
    assert.equal((await desk.chat(key, 'gpt-4o')).status, 200)
    await row('gpt-4o').first().getByText('OK').waitFor()
    await log().evaluate((e) => { e.scrollTop = 3000 })
    await page.waitForFunction(() => Number(document.querySelector('.log-rows [role=row]')?.ariaRowIndex) > 40)
    const before = await rows()
    assert.equal((await desk.chat(key, 'gpt-4o-mini')).status, 200)
    const fresh = page.getByRole('button', { name: '1 new', exact: true })
    await fresh.waitFor()
    assert.deepEqual(await rows(), before)
    await fresh.click()
    await row('gpt-4o-mini').first().waitFor()
    await page.getByRole('switch', { name: 'Follow what comes' }).uncheck({ force: true })
    assert.equal((await desk.chat(key, 'gpt-5')).status, 200)
    await fresh.waitFor()
    assert.equal(await row('gpt-5').count(), 0)
    await page.getByRole('switch', { name: 'Follow what comes' }).check({ force: true })
    await row('gpt-5').first().waitFor()
  })

  test('axe finds nothing serious, wide and narrow', async () => {
    for (const viewport of [undefined, narrow]) {
      if (viewport) await page.setViewportSize(viewport)
      await page.evaluate(axe)
      const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
      assert.deepEqual(found.violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`), [])
    }
  })

  test('nothing went wrong in the page', () => assert.deepEqual(page.wrong, []))
})
