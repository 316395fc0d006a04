// Tools: what each did today and when last, and how one is set up.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Desk } from './world.mjs'

describe('tools', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk
  let page
  let key

  before(async () => {
    desk = new Desk()
    await desk.start()
    await desk.account('openai', 'Work')
    key = await desk.localKey('Zed')
    await desk.localKey('Continue')
    page = await desk.page()
    await page.evaluate(() => { location.hash = '/tools' })
  })
  after(() => desk.end())

  const tool = (name) => page.getByRole('row').filter({ has: page.getByRole('button', { name: `Set up ${name}` }) })

  test('what a tool did today is told as it happens, and leads to its requests', async () => {
    await tool('Zed').getByText('–').first().waitFor()
    assert.equal((await desk.chat(key, 'gpt-4o')).status, 200)
    await tool('Zed').getByRole('link', { name: '1 request', exact: true }).waitFor()
    await tool('Zed').getByText(/^(just now|\d+ seconds? ago|\d+ minutes? ago)$/).waitFor() // when it was last used
    await tool('Zed').getByText(/^\$[\d.]+$/).waitFor()
    assert.equal(await tool('Continue').getByRole('link').count(), 0)
    await tool('Zed').getByRole('link').click()
    await page.waitForFunction(() => document.querySelectorAll('.log-row').length === 1)
    await page.goBack()
  })

  test('a tool is set up by the recipe of its name, which says when a request has come', async () => {
    await tool('Zed').getByRole('button', { name: 'Set up Zed' }).click()
    const dialog = page.getByRole('dialog', { name: 'Set up Zed' })
    const setup = await dialog.getByLabel('Set-up of Zed').innerText()
    assert.ok(setup.includes(`"api_url": "${desk.url}/v1"`) && setup.includes(`METAPI_API_KEY=${key}`), setup)
    await dialog.getByText(/^Its last request came /).waitFor()
    for (const name of ['Qwen Code', 'Continue', 'OpenAI SDK', 'Anthropic SDK', 'Gemini SDK']) {
      await dialog.getByText(name, { exact: true }).click()
      const text = await dialog.getByLabel(`Set-up of ${name}`).innerText()
      assert.ok(text.includes(desk.url) && text.includes(key), text)
    }
    await page.keyboard.press('Escape')
    await tool('Continue').getByRole('button', { name: 'Set up Continue' }).click()
    await page.getByRole('dialog', { name: 'Set up Continue' }).getByText(/^Then ask the tool something/).waitFor()
    await page.keyboard.press('Escape')
  })

  test('tools and the doctor speak Chinese, what the doctor finds included', async () => {
    await page.evaluate(() => { location.hash = '/doctor' })
    await page.getByRole('button', { name: 'Look now' }).click()
    await page.getByRole('button', { name: 'Look again' }).waitFor()
    const chinese = await desk.page({ locale: 'zh-CN' })
    await chinese.evaluate(() => { location.hash = '/doctor' })
    await chinese.getByRole('heading', { level: 1, name: '诊断' }).waitFor()
    const check = chinese.getByRole('listitem').filter({ has: chinese.getByText('数据库', { exact: true }) })
    await check.getByText('正常').waitFor()
    await chinese.evaluate(() => { location.hash = '/tools' })
    await chinese.getByRole('button', { name: '设置 Zed' }).waitFor()
    await chinese.getByRole('link', { name: '1 个请求' }).waitFor()
    assert.deepEqual(chinese.wrong, [])
    await chinese.context().close()
  })

  test('nothing went wrong in the page', () => assert.deepEqual(page.wrong, []))
})
