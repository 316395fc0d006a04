// The Routing page: what is done in its forms is what the file then says, and no other byte of it changes.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Desk } from './world.mjs'

const mine = `# mine, with its comments
aliases:
  old: gpt-4o # kept for a script

rules:
- name: first   # odd   spaces
  mode: cost
- name: second
  when: tokens > 7
  never: [relay]
- {name: third, mode: latency}
`

describe('routing', { concurrency: 1 }, () => {
  /** @type {Desk} */
  let desk
  let page
  let path

  before(async () => {
    desk = await new Desk().start()
    await desk.account('openai', 'Work')
    await desk.account('anthropic', 'Anthropic')
    page = await desk.page()
    await page.evaluate(() => { location.hash = '/routing' })
    const text = page.getByRole('textbox', { name: 'Text of routing.yaml' })
    path = await page.locator('code').filter({ hasText: /routing\.yaml$/ }).innerText()
    await text.fill(mine)
    await text.press('Control+s')
    await says(mine)
  })
  after(() => desk.end())

  /** Waits until the file says something. */
  async function says(want) {
    for (const end = Date.now() + 15_000; Date.now() < end && readFileSync(path, 'utf8') !== want;) await setTimeout(50)
    assert.equal(readFileSync(path, 'utf8'), want)
  }
  const undo = async (want) => {
    await page.getByRole('button', { name: 'Undo the last change' }).click()
    await says(want)
  }
  const form = (name) => page.getByRole('dialog', { name })

  test('at the top stands what decides, with how much of it there is', async () => {
    const flow = page.getByRole('region', { name: 'How a request finds its account' })
    for (const part of ['1 name of your own', '3 rules on', '2 accounts', 'Failover']) await flow.getByText(part, { exact: true }).waitFor()
  })

  test('a fault is marked at its line while one types, and a click there goes to it', async () => {
    const text = page.getByRole('textbox', { name: 'Text of routing.yaml' })
    await text.evaluate((t) => { t.focus(); const at = t.value.indexOf('tokens > 7') + 'token'.length; t.setSelectionRange(at, at) })
    await page.keyboard.type('xx')
    const mark = page.locator('.yaml-lines button')
    await mark.waitFor()
    assert.match(await mark.innerText(), /9$/)
    assert.equal(await text.evaluate((t) => t.value.slice(0, t.selectionStart).split('\n').at(-1)), '  when: tokenxx', 'the cursor stays where one types')
    await text.evaluate((t) => t.setSelectionRange(0, 0))
    await mark.click()
    assert.equal(await text.evaluate((t) => t.value.slice(t.selectionStart, t.selectionEnd)), '  when: tokenxxs > 7')
    assert.equal(readFileSync(path, 'utf8'), mine, 'nothing is written before it is saved')
    await page.getByRole('button', { name: 'Revert' }).click()
    await mark.waitFor({ state: 'detached' })
  })

  const movedUp = mine.replace("- {name: third, mode: latency}\n", '').replace('- name: second', '- {name: third, mode: latency}\n- name: second')

  test('a rule is moved by keyboard, and the way back is shown before it is gone', async () => {
    const handle = page.getByRole('button', { name: 'Move third' })
    await handle.focus()
    await page.keyboard.press('Space')
    await page.getByText('Lifted from place 3 of 3.').waitFor({ state: 'attached' })
    await page.keyboard.press('ArrowUp')
    await page.getByText('At place 2 of 3.').waitFor({ state: 'attached' })
    await page.keyboard.press('Space')
    await says(movedUp)
    await page.getByRole('button', { name: 'What changed' }).click()
    await page.getByRole('list', { name: 'What the last change did' }).getByRole('listitem').filter({ hasText: '- {name: third, mode: latency}' }).first().waitFor()
    await page.keyboard.press('Escape')
    await undo(mine)
  })

  test('a rule is moved by dragging, and by its menu', async () => {
    await page.getByRole('article', { name: 'second' }).evaluate((a) => a.scrollIntoView({ block: 'center' }))
    const from = await page.getByRole('button', { name: 'Move third' }).boundingBox()
    const to = await page.getByRole('article', { name: 'second' }).boundingBox()
    await page.mouse.move(from.x + 8, from.y + 8)
    await page.mouse.down()
    await page.mouse.move(from.x + 8, from.y - 10, { steps: 5 })
    await page.mouse.move(from.x + 8, to.y + 4, { steps: 10 })
    await page.getByText('At place 2 of 3.').waitFor({ state: 'attached' })
    await page.mouse.up()
    await says(movedUp)
    await undo(mine)
    await page.getByRole('button', { name: 'More about third' }).click()
    await page.getByRole('menuitem', { name: 'Move up' }).click()
    await says(movedUp)
    await undo(mine)
  })

  test('an alias is added, changed and removed by a form', async () => {
    await page.getByRole('button', { name: 'Add an alias' }).click()
    const add = form('Add an alias')
    await add.getByRole('textbox', { name: 'Name' }).fill('old')
    await add.getByText('There is one of this name.').waitFor()
    await add.getByRole('textbox', { name: 'Name' }).fill('quick')
    await add.getByLabel('Stands for').fill('gpt-5-mini')
    await page.keyboard.press('Escape') // the list of names
    await add.getByRole('button', { name: 'Add', exact: true }).click()
    await add.waitFor({ state: 'hidden' })
    await says(mine.replace('# kept for a script\n', '# kept for a script\n  quick: gpt-5-mini\n'))
    assert.match(JSON.parse((await desk.chat(await desk.localKey('Zed'), 'quick')).body).model, /^gpt-5-mini/)
    await page.getByRole('button', { name: 'Change old' }).click()
    const change = form('Change old')
    await change.getByLabel('Stands for').fill('gpt-4.1')
    await page.keyboard.press('Escape')
    await change.getByRole('button', { name: 'Save' }).click()
    await change.waitFor({ state: 'hidden' })
    await says(mine.replace('old: gpt-4o #', 'old: gpt-4.1 #').replace('# kept for a script\n', '# kept for a script\n  quick: gpt-5-mini\n'))
    await page.getByRole('button', { name: 'Remove quick' }).click()
    await says(mine.replace('old: gpt-4o #', 'old: gpt-4.1 #'))
  })

  test('a virtual model with shares, and a cap, are added behind what is there', async () => {
    const is = readFileSync(path, 'utf8')
    await page.getByRole('button', { name: 'Add a virtual model' }).click()
    const add = form('Add a virtual model')
    await add.getByRole('textbox', { name: 'Name' }).fill('coder')
    for (const model of ['gpt-5', 'claude-haiku-4-5']) {
      await add.getByLabel('Models that serve').first().fill(model)
      await page.keyboard.press('Enter')
    }
    await add.getByLabel('Mode').click()
    await page.getByRole('option', { name: 'Load balance' }).click()
    await add.getByRole('textbox', { name: 'Share of gpt-5' }).fill('3')
    await add.getByRole('button', { name: 'Add', exact: true }).click()
    await add.waitFor({ state: 'hidden' })
    await page.getByRole('row').filter({ hasText: 'coder' }).getByText(/gpt-5 \(share 3\)/).waitFor()
    await page.getByRole('button', { name: 'Change caps and hours of Work' }).click()
    const caps = form('Caps and hours of Work')
    await caps.getByRole('textbox', { name: 'Dollars a day' }).fill('5')
    await caps.getByRole('button', { name: 'Save' }).click()
    await caps.waitFor({ state: 'hidden' })
    await page.getByRole('row').getByText('At most $5 a day').waitFor()
    const now = readFileSync(path, 'utf8')
    assert.ok(now.startsWith(is), 'what was there is there, byte for byte')
    assert.match(now, /dollars_per_day: 5\n/)
    assert.match(now, /weight: 3/)
    await page.getByRole('button', { name: 'Undo the last change' }).click()
    await page.getByText('At most $5 a day').waitFor({ state: 'detached' })
    await undo(is)
  })

  test('all of it speaks Chinese', async () => {
    const chinese = await desk.page({ locale: 'zh-CN' })
    await chinese.evaluate(() => { location.hash = '/routing' })
    await chinese.getByRole('region', { name: '请求如何找到账户' }).getByText('3 条规则启用').waitFor()
    await chinese.getByRole('button', { name: '添加别名' }).waitFor()
    assert.deepEqual(chinese.wrong, [])
    await chinese.context().close()
  })

  test('nothing went wrong in the page', () => assert.deepEqual(page.wrong, []))
})
