// What Metapi itself says - refusals, meanings, findings - in the language of who reads it. See build/ui/test.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Desk } from './world.mjs'

describe('sentences of Metapi', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk

  before(async () => {
    desk = await new Desk().start()
  })
  after(() => desk.end())

  /** A page of somebody whose system speaks a language, and what it has loaded. */
  async function reader(locale) {
    const loaded = []
    const page = await desk.page({ locale, before: (page) => page.on('request', (r) => loaded.push(r.url())) })
    return { page, loaded }
  }

  test('are English for who reads English, and no other language is loaded', async () => {
    const { page, loaded } = await reader('en-US')
    await page.evaluate(() => { location.hash = '/requests/nothing' })
    await page.getByText('There is no request "nothing" in the ledger.').waitFor()
    assert.deepEqual(loaded.filter((url) => url.includes('zh-Hans')), [])
    await page.context().close()
  })

  test('are Chinese for who reads Chinese: a refusal, and what a mode means', async () => {
    const { page, loaded } = await reader('zh-CN')
    await page.getByText('按你的顺序使用账户；某个账户不能提供服务时，由下一个接替。').first().waitFor()
    await page.evaluate(() => { location.hash = '/requests/nothing' })
    await page.getByText('账本中没有请求「nothing」。').waitFor()
    assert.notEqual(loaded.filter((url) => url.includes('zh-Hans')).length, 0)
    assert.deepEqual(page.wrong.filter((w) => !w.includes('404')), [])
    await page.context().close()
  })
})
