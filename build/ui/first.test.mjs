// From nothing to the first answer: nothing is typed but the paste, and it takes less than two minutes.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { Desk, narrow, offered, wide } from './world.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

async function accessibility(page) {
  await page.evaluate(axe)
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return found.violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)
}

/** Pastes as a person does: by the clipboard. */
async function paste(page, text) {
  await page.evaluate((t) => navigator.clipboard.writeText(t), text)
  await page.getByRole('textbox', { name: 'Paste a key' }).click()
  await page.keyboard.press('Control+v')
}

const steps = (page) => page.getByRole('region', { name: 'Three steps to the first answer' })

describe('first run', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk
  let page
  let vendor

  before(async () => {
    desk = new Desk()
    vendor = await desk.startImitation('openai', offered.openai)
    desk.secrets.push(vendor.key)
    Object.assign(desk.env, { OPENAI_API_KEY: vendor.key, OPENAI_BASE_URL: vendor.baseURL })
    await desk.start()
    page = await desk.page()
  })
  after(() => desk.end())

  test('a key that nobody takes is refused in words, and nothing is kept', async () => {
    await paste(page, `curl ${vendor.baseURL}/chat/completions -H "Authorization: Bearer sk-proj-${'wrong'.repeat(8)}"`)
    await page.getByRole('alert').filter({ hasText: 'Nothing was kept' }).waitFor()
    assert.deepEqual(await desk.cli({}, 'accounts', 'list', '--json'), [])
  })

  test('one whose provider is not clear is sent to nobody before a person says', async () => {
    await paste(page, 'relay-key-of-no-known-form-0123456789')
    await page.getByText('Whose key is it?').waitFor()
    await page.getByRole('textbox', { name: 'Or a relay, at this address' }).waitFor()
    assert.deepEqual(await accessibility(page), [])
  })

  test('a key of the environment is offered by name, masked', async () => {
    await page.getByRole('button', { name: 'Use OPENAI_API_KEY' }).waitFor()
    const text = await page.locator('main').innerText()
    assert.ok(text.includes('OPENAI_API_KEY') && text.includes(vendor.key.slice(-4)) && !text.includes(vendor.key))
  })

  test('a paste, a click for a test, a click for a tool: that is all', async (t) => {
    const began = Date.now()
    await page.evaluate(() => {
      window.typed = 0
      addEventListener('keydown', (e) => { if (!e.ctrlKey) window.typed++ }, true)
    })
    await paste(page, `curl ${vendor.baseURL}/chat/completions \\\n  -H "Authorization: Bearer ${vendor.key}" \\\n  -d '{"model":"gpt-4o"}'`)
    await steps(page).getByText(`${offered.openai.length} models at openai.`).waitFor()
    await steps(page).getByRole('button', { name: 'Send a test message' }).click()
    const answer = steps(page).getByRole('article', { name: 'Answer' })
    await answer.getByText('You said: “Say hello in one short sentence.”').waitFor()
    await answer.getByText('Whole answer').waitFor()
    await steps(page).getByText('Claude Code', { exact: true }).click()
    const setup = steps(page).getByLabel('Set-up of Claude Code')
    await setup.waitFor()
    const key = /ANTHROPIC_AUTH_TOKEN=(\S+)/.exec(await setup.innerText())[1]
    assert.ok((await setup.innerText()).includes(desk.url), 'the address of this Metapi')
    const took = Date.now() - began
    assert.equal((await desk.messages(key, 'gpt-4o')).status, 200, 'the tool is answered')
    assert.equal(await page.evaluate(() => window.typed), 0, 'nothing was typed')
    assert.ok(took < 120_000, `it took ${took} ms`)
    t.diagnostic(`first run: ${took} ms, ${await page.evaluate(() => window.typed)} keys typed`)
    assert.deepEqual(await accessibility(page), [])
    await steps(page).getByRole('button', { name: 'Copy the set-up' }).click()
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /ANTHROPIC_BASE_URL/)
  })

  test('a second tool gets a key of its own, and no key is made twice', async () => {
    await steps(page).getByText('Codex', { exact: true }).click()
    await steps(page).getByLabel('Set-up of Codex').waitFor()
    await steps(page).getByText('Claude Code', { exact: true }).click()
    await steps(page).getByLabel('Set-up of Claude Code').waitFor()
    assert.deepEqual((await desk.cli({}, 'keys', 'list', '--json')).map((k) => k.name).sort(), ['Claude Code', 'Codex'])
  })

  test('once it is done it never comes back', async () => {
    await steps(page).getByRole('button', { name: 'Done' }).click()
    await steps(page).waitFor({ state: 'detached' })
    const other = await desk.page()
    await other.getByRole('region', { name: 'Addresses' }).waitFor()
    await other.getByRole('region', { name: 'Mode' }).waitFor()
    assert.equal(await steps(other).count(), 0)
    assert.deepEqual(other.wrong, [])
    await other.context().close()
    assert.deepEqual(page.wrong.filter((w) => !w.includes('422')), [], 'but for the key that was refused')
  })

  test('the key of the environment is used by a click, and it can be skipped', async () => {
    const fresh = new Desk()
    Object.assign(fresh.env, { OPENAI_API_KEY: vendor.key, OPENAI_BASE_URL: vendor.baseURL })
    await fresh.start()
    try {
      for (const viewport of [narrow, wide]) {
        const p = await fresh.page({ viewport })
        await steps(p).waitFor()
        assert.deepEqual(await accessibility(p), [])
        const overflow = await p.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
        assert.ok(overflow <= 0, `it is ${overflow} px wider than a window of ${viewport.width}`)
        await p.context().close()
      }
      const p = await fresh.page()
      await p.getByRole('button', { name: 'Use OPENAI_API_KEY' }).click()
      await steps(p).getByText(`${offered.openai.length} models at openai.`).waitFor()
      await steps(p).getByRole('button', { name: 'Skip' }).click()
      await steps(p).waitFor({ state: 'detached' })
      await p.reload()
      await p.getByRole('region', { name: 'Addresses' }).waitFor()
      assert.equal(await steps(p).count(), 0)
    } finally {
      await fresh.end()
    }
  })
})
