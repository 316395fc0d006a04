// The settings, found through; a backup of one Metapi restored on another that is empty; what is no backup is refused in words.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { Desk } from './world.mjs'

describe('settings', { concurrency: 1 }, () => {
  let desk, page, other, there, key, file
  const phrase = 'four words of mine'
  const open = (p, path) => p.evaluate((hash) => { location.hash = hash }, path)
  const choose = (p, name, buffer) => p.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/zip', buffer })

  before(async () => {
    desk = await new Desk().start()
    await desk.account('openai', 'Work', ['gpt-4o'])
    key = await desk.localKey('Editor')
    await desk.cli({}, 'worth', '--answer', '3', '--json')
    assert.equal((await desk.chat(key, 'gpt-4o')).status, 200)
    page = await desk.page()
    other = await new Desk().start()
    there = await other.page()
  })
  after(async () => { await desk?.end(); await other?.end() })

  test('a setting is found by a word, by its part, and by the palette', async () => {
    await open(page, '/settings')
    await page.getByRole('searchbox', { name: 'Find a setting' }).fill('port')
    await page.getByRole('region', { name: 'Gateway' }).waitFor()
    assert.equal(await page.getByRole('region', { name: 'Appearance' }).count(), 0)
    await page.getByRole('searchbox', { name: 'Find a setting' }).fill('no such thing')
    await page.getByText('No setting has that name.').waitFor()
    await page.getByRole('navigation', { name: 'Parts of the settings' }).getByRole('link', { name: 'Money' }).click()
    await page.getByRole('region', { name: 'Money' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('textbox', { name: 'Search' }).fill('restore a backup')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => location.hash === '#/settings/backup')
  })

  test('the palette does what accounts, models and settings offer, and knows the last requests', async () => {
    const search = page.getByRole('textbox', { name: 'Search' })
    const find = async (words) => {
      await page.keyboard.press('Control+k')
      await search.fill(words)
    }
    const run = async (words, name) => {
      await find(words)
      await page.getByRole('button', { name }).click()
      await search.waitFor({ state: 'hidden' })
    }
    const until = async (what) => {
      for (const end = Date.now() + 10_000; !(await what()); await new Promise((r) => setTimeout(r, 100))) assert.ok(Date.now() < end)
    }
    const paused = async () => (await desk.cli({}, 'accounts', 'list', '--json'))[0].paused
    await run('pause the account', 'Pause the account Work')
    await until(paused)
    await run('account work', 'Resume the account Work')
    await until(async () => !(await paused()))
    await run('test work', 'Test Work')
    await page.getByRole('alert').filter({ hasText: '1 model' }).first().waitFor()
    await run('theme dark', 'Theme: Dark')
    await page.locator('html[data-mantine-color-scheme=dark]').waitFor({ state: 'attached' })
    await run('theme light', 'Theme: Light')
    await run('try gpt', 'Try gpt-4o')
    await until(async () => (await page.getByRole('combobox', { name: 'Model' }).inputValue()) === 'gpt-4o')
    await run('', 'gpt-4o for Editor')
    await page.waitForFunction(() => /^#\/requests\/./.test(location.hash))
    await page.keyboard.press('Escape')
    await run('中文', 'Language: 简体中文')
    await page.getByRole('navigation', { name: '页面' }).getByRole('link', { name: '设置', exact: true }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('textbox', { name: '搜索' }).fill('english')
    await page.getByRole('button', { name: '语言：English' }).click()
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  })

  test('with a hundred accounts the palette draws what it finds, and no more', async () => {
    const hundred = await desk.page({
      before: (p) => p.route('**/api/accounts', async (route) => {
        const [one] = await (await route.fetch()).json()
        return route.fulfill({ json: Array.from({ length: 100 }, (_, i) => ({ ...one, id: `a${i}`, slug: `a${i}`, name: `Account ${i}.` })) })
      }),
    })
    await hundred.keyboard.press('Control+k')
    await hundred.getByRole('textbox', { name: 'Search' }).fill('account')
    await hundred.getByRole('button', { name: 'Test Account 3.' }).waitFor()
    assert.ok(await hundred.getByRole('dialog').getByRole('button').count() <= 41)
    await hundred.getByRole('textbox', { name: 'Search' }).fill('account 77.')
    await hundred.getByRole('button', { name: 'Pause the account Account 77.' }).waitFor()
    await hundred.context().close()
  })

  test('a sheet says what the keyboard does, and a page that is opened by it is said by its title', async () => {
    await page.keyboard.press('Control+2')
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1' && document.activeElement.textContent === 'Accounts')
    await page.keyboard.press('Shift+?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'hidden' })
  })

  test('a backup with its keys is made', async () => {
    await open(page, '/settings/backup')
    await page.getByRole('button', { name: 'Back up…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Make a backup' })
    await dialog.getByRole('checkbox', { name: 'With the records of requests' }).check()
    await dialog.getByRole('checkbox', { name: 'With the keys, encrypted' }).check()
    await dialog.getByLabel('Passphrase', { exact: false }).first().fill(phrase)
    await dialog.getByLabel('Once more').fill(phrase)
    const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Download' }).click()])
    file = readFileSync(await download.path())
    for (const secret of [...desk.secrets, key, phrase]) assert.ok(!file.includes(secret))
  })

  test('what is no backup is refused in words, and nothing is changed', async () => {
    await open(there, '/settings/backup')
    for (const [name, bytes, words] of [['photo.zip', Buffer.from('hello'), 'This file cannot be restored'], ['cut.zip', file.subarray(0, file.length - 60), 'cut off']]) {
      await choose(there, name, bytes)
      const dialog = there.getByRole('dialog', { name: 'Restore a backup' })
      await dialog.getByRole('alert').filter({ hasText: words }).waitFor()
      assert.ok(await dialog.getByRole('button', { name: 'Restore', exact: true }).isDisabled())
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await dialog.waitFor({ state: 'hidden' })
    }
    assert.deepEqual(await other.cli({}, 'accounts', 'list', '--json'), [])
  })

  test('restored on an empty machine it is all there, and the tool goes on with its key', async () => {
    await choose(there, 'metapi.zip', file)
    const dialog = there.getByRole('dialog', { name: 'Restore a backup' })
    await dialog.getByText('Adds the account Work').waitFor()
    await dialog.getByLabel('Passphrase of the keys in it').fill('not this one')
    await dialog.getByRole('button', { name: 'Open' }).click()
    await dialog.getByRole('alert').filter({ hasText: 'not the passphrase' }).waitFor()
    await dialog.getByLabel('Passphrase of the keys in it').fill(phrase)
    await dialog.getByRole('button', { name: 'Open' }).click()
    await dialog.getByText('Adds the tool Editor').waitFor()
    await dialog.getByText('A right answer is worth').waitFor()
    await dialog.getByText('Brings 1 request').waitFor()
    await dialog.getByText('No key is there for').waitFor({ state: 'hidden' })
    await dialog.getByRole('button', { name: 'Restore', exact: true }).click()
    await dialog.getByText('What was before is in').waitFor()
    let status
    for (const end = Date.now() + 10_000; Date.now() < end && status !== 200; await new Promise((r) => setTimeout(r, 100))) ({ status } = await other.chat(key, 'gpt-4o'))
    assert.equal(status, 200)
  })
})
