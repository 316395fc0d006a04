// The playground: several models at once, as a person sees them, and the models page that leads there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { echo, ms } from '../sdk/imitation.mjs'
import { Desk, narrow, wide } from './world.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tiny = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** What axe finds that is serious or worse, in words. */
async function accessibility(page) {
  await page.evaluate(axe)
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return found.violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)
}

const open = (page, path) => page.evaluate((p) => { location.hash = p }, path)

describe('playground', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk
  let page
  const at = {}
  const column = (model) => page.getByRole('region', { name: `Answers of ${model}` })
  const prompt = () => page.getByRole('textbox', { name: 'Prompt', exact: true })
  async function choose(column, model) {
    await column.getByRole('combobox', { name: 'Model' }).click()
    await column.getByRole('combobox', { name: 'Model' }).fill(model)
    await page.getByRole('option', { name: model, exact: true }).click()
  }

  before(async () => {
    desk = await new Desk().start()
    page = await desk.page()
  })
  after(() => desk.end())

  test('with no account it says what to do first', async () => {
    await open(page, '/playground')
    await page.getByRole('heading', { name: 'No model to talk to yet' }).waitFor()
    at.openai = await desk.account('openai', 'Work')
    at.second = await desk.account('openai', 'Home', ['gpt-4o'])
    at.anthropic = await desk.account('anthropic', 'Claude')
    await prompt().waitFor()
  })

  test('two models answer side by side, in a stream, with what that took and cost', async () => {
    await choose(page.getByRole('region', { name: /^Answers of/ }).first(), 'gpt-4o')
    await page.getByRole('button', { name: 'Compare with another model' }).click()
    await choose(column('no model yet'), 'claude-sonnet-4-5')
    await at.openai.pace({ delay: ms(150) })
    await at.second.pace({ delay: ms(150) })
    await prompt().fill('What is a gateway?')
    await page.keyboard.press('Enter')
    const want = echo('What is a gateway?')
    await page.waitForFunction((whole) => [...document.querySelectorAll('[data-answer]')].some((e) => e.textContent !== '' && whole.startsWith(e.textContent) && e.textContent !== whole), want)
    for (const model of ['gpt-4o', 'claude-sonnet-4-5']) {
      const answer = column(model).getByRole('article', { name: 'Answer' })
      await answer.getByText(want).waitFor()
      for (const figure of ['First token', 'Whole answer', 'Tokens/s', 'Tokens', 'Cost']) await answer.getByText(figure, { exact: true }).waitFor()
      await answer.getByText(/Answered by \S+\./).waitFor()
    }
    assert.equal(await prompt().inputValue(), '', 'what was asked makes room for what is asked next')
    await at.openai.reset()
    await at.second.reset()
  })

  test('a thumb counts, the request is in the log as one of the playground, and its page is a click away', async () => {
    const answer = column('claude-sonnet-4-5').getByRole('article', { name: 'Answer' })
    await answer.getByRole('button', { name: 'A good answer' }).click()
    await answer.getByText('Noted. A second click takes it back.').waitFor()
    await answer.getByRole('link', { name: 'Why, and all about this request' }).click()
    const detail = page.getByRole('dialog', { name: 'Request' })
    await detail.getByRole('button', { name: 'A good answer', pressed: true }).waitFor()
    assert.match(await detail.innerText(), /Playground/)
    await page.keyboard.press('Escape')
    const { rows } = await desk.cli({}, 'usage', '--json')
    assert.ok(rows.length >= 2 && rows.every((r) => r.client === 'Playground'), JSON.stringify(rows))
  })

  test('what was asked is still there on coming back, and the conversation goes on', async () => {
    await open(page, '/costs')
    await page.getByRole('heading', { level: 1, name: 'Costs' }).waitFor()
    await open(page, '/playground')
    await column('gpt-4o').getByText(echo('What is a gateway?')).waitFor()
    await prompt().fill('And a relay?')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    for (const model of ['gpt-4o', 'claude-sonnet-4-5']) await column(model).getByText(echo('And a relay?')).waitFor()
    const [call] = (await at.anthropic.calls()).slice(-1)
    assert.deepEqual(call.body.messages.map((m) => m.role), ['user', 'assistant', 'user'])
  })

  test('a fixed account, a system prompt, and an image', async () => {
    await page.getByRole('button', { name: 'Begin anew' }).click()
    await column('gpt-4o').getByRole('combobox', { name: 'Account' }).click()
    await page.getByRole('option', { name: 'home', exact: true }).click()
    await page.getByRole('button', { name: 'Options' }).click()
    await page.getByRole('textbox', { name: 'System prompt' }).fill('Be brief.')
    await page.getByRole('textbox', { name: 'Longest answer, in tokens' }).fill('99')
    await page.locator('input[type=file]').setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(tiny, 'base64') })
    await page.getByRole('img', { name: 'Image 1' }).waitFor()
    await prompt().fill('What is on it?')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await column('gpt-4o').getByText('Answered by home.').waitFor()
    const [call] = (await at.second.calls()).slice(-1)
    const sent = JSON.stringify(call.body)
    for (const part of ['Be brief.', '99', tiny]) assert.ok(sent.includes(part), `${part} is not in ${sent}`)
    await column('claude-sonnet-4-5').getByText(/Answered by/).waitFor()
  })

  test('one column is stopped alone, an error is in words, and all can be stopped', async () => {
    await page.getByRole('button', { name: 'Begin anew' }).click()
    for (const a of [at.second, at.anthropic]) await a.fault({ kind: 'stall-mid', after: 2, times: -1 })
    const ask = async (text) => {
      await prompt().fill(text)
      await page.getByRole('button', { name: 'Ask', exact: true }).click()
    }
    await ask('Go on and on')
    for (const model of ['gpt-4o', 'claude-sonnet-4-5']) await column(model).locator('[data-answer]').waitFor()
    await column('gpt-4o').getByRole('button', { name: 'Stop', exact: true }).click()
    await column('gpt-4o').getByText('Stopped.').waitFor()
    assert.ok(await column('claude-sonnet-4-5').getByRole('button', { name: 'Stop', exact: true }).isVisible(), 'the other goes on')
    await page.getByRole('button', { name: 'Stop all' }).click()
    await column('claude-sonnet-4-5').getByText('Stopped.').waitFor()
    for (const a of [at.second, at.anthropic]) {
      await a.reset()
      await a.fault({ kind: '500', times: -1 })
    }
    await ask('Well?')
    const alert = column('claude-sonnet-4-5').getByRole('alert')
    await alert.getByText('No answer').waitFor()
    assert.doesNotMatch(await alert.innerText(), /undefined|\{/)
    for (const a of [at.second, at.anthropic]) await a.reset()
    await desk.cli({}, 'accounts', 'clear-cooldown', 'Home', '--json')
    await desk.cli({}, 'accounts', 'clear-cooldown', 'Claude', '--json')
  })

  test('thinking is folded', async () => {
    await at.anthropic.script({ thinking: 'Carry the one.', text: 'Four.' })
    await page.getByRole('button', { name: 'Begin anew' }).click()
    await page.getByRole('button', { name: 'Take gpt-4o away' }).click()
    const options = page.getByRole('button', { name: 'Options' })
    if (await options.getAttribute('aria-expanded') === 'false') await options.click()
    await page.getByRole('textbox', { name: 'Longest answer, in tokens' }).fill('')
    await page.getByRole('combobox', { name: 'Thinks' }).click()
    await page.getByRole('option', { name: 'Much' }).click()
    await prompt().fill('2 + 2?')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await column('claude-sonnet-4-5').getByText('Four.').waitFor()
    assert.ok(!await page.getByText('Carry the one.').isVisible())
    await page.getByRole('button', { name: 'What it thought' }).click()
    await page.getByText('Carry the one.').waitFor()
  })

  test('a captured request is asked again', async () => {
    const key = await desk.localKey('Script')
    await desk.cli({}, 'capture', 'on', 'Script', '--json')
    const res = await desk.send(key, { model: 'gpt-4o', temperature: 0.5, messages: [{ role: 'system', content: 'Speak plainly.' }, { role: 'user', content: 'What went wrong?' }] })
    const id = res.headers.get('x-metapi-request-id')
    for (const end = Date.now() + 20_000; ; await new Promise((r) => setTimeout(r, 100))) {
      if (await desk.cli({}, 'capture', 'show', id, '--json').then(() => true, () => false)) break
      assert.ok(Date.now() < end, 'it is captured')
    }
    await open(page, `/playground?from=${id}`)
    await page.waitForFunction(() => document.querySelector('textarea')?.value === 'What went wrong?')
    assert.equal(await page.getByRole('textbox', { name: 'System prompt' }).inputValue(), 'Speak plainly.')
    assert.ok(!page.url().includes('from='), 'coming back does not load it again')
    await column('gpt-4o').waitFor()
  })

  test('models: "try it" opens the playground with that model', async () => {
    await open(page, '/models')
    await page.getByRole('button', { name: 'Try claude-haiku-4-5', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Playground' }).waitFor()
    await column('claude-haiku-4-5').waitFor()
    await page.waitForFunction(() => !location.href.includes('model='))
  })

  test('models: filtered, sorted, and compared with the best of each row marked', async () => {
    await open(page, '/models')
    const names = () => page.locator('tbody tr td:nth-child(2)').allInnerTexts()
    await page.getByRole('combobox', { name: 'Provider' }).click()
    await page.getByRole('option', { name: 'Anthropic' }).click()
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 3)
    await page.getByRole('button', { name: 'Input', exact: true }).click()
    await page.waitForFunction(() => document.querySelector('tbody tr')?.textContent.includes('haiku'))
    await page.getByRole('button', { name: 'Input', exact: true }).click()
    await page.waitForFunction(() => document.querySelector('tbody tr')?.textContent.includes('opus'))
    assert.equal((await names()).length, 3)
    for (const model of ['claude-haiku-4-5', 'claude-opus-4-5']) await page.getByRole('checkbox', { name: `Compare ${model}` }).check()
    await page.getByRole('button', { name: 'Compare 2 models' }).click()
    const dialog = page.getByRole('dialog', { name: 'Compare models' })
    const row = (name) => dialog.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })
    await row('In general').getByText('best').waitFor()
    const header = await dialog.getByRole('columnheader').allInnerTexts()
    const cells = await row('Output').getByRole('cell').allInnerTexts()
    assert.match(cells[header.findIndex((h) => h.includes('haiku')) - 1], /best/, 'the cheaper output')
    assert.match((await row('In general').getByRole('cell').allInnerTexts())[header.findIndex((h) => h.includes('opus')) - 1], /best/, 'the better answers')
    assert.deepEqual(await accessibility(page), [])
    await dialog.getByRole('button', { name: 'Try them side by side' }).click()
    for (const model of ['claude-haiku-4-5', 'claude-opus-4-5']) await column(model).waitFor()
  })

  test('models: prices are in the currency of the user', async () => {
    const p = await desk.page({ before: (p) => p.route('**/api/settings', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...await response.json(), currency: 'EUR', rate: 0.5 } })
    }) })
    await open(p, '/models')
    await p.getByRole('row').filter({ hasText: 'claude-sonnet-4-5' }).getByText('€1.50').waitFor()
    await p.context().close()
  })

  for (const scheme of ['light', 'dark']) {
    test(`axe finds nothing serious, ${scheme}`, async () => {
      for (const viewport of [wide, narrow]) {
        const p = await desk.page({ scheme, viewport })
        for (const path of ['/playground', '/models']) {
          await open(p, path)
          await p.getByRole('heading', { level: 1, name: path === '/models' ? 'Models' : 'Playground' }).waitFor()
          assert.deepEqual(await accessibility(p), [], `${path} ${viewport.width}`)
          const overflow = await p.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
          assert.ok(overflow <= 0, `${path} is ${overflow} px wider than a window of ${viewport.width}`)
        }
        assert.deepEqual(p.wrong, [])
        await p.context().close()
      }
    })
  }
})
