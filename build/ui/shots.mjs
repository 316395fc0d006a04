// Takes a picture of every page, light and dark, wide and narrow, empty and full: build/out/ui/NAME.png. They are for people to look at.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ms } from '../sdk/imitation.mjs'
import { Desk, narrow, offered, wide } from './world.mjs'

const out = process.env.UI_SHOTS
mkdirSync(out, { recursive: true })
const pages = ['/', '/accounts', '/models', '/routing', '/tools', '/requests', '/explain', '/explain/replay', '/playground', '/costs', '/settings', '/doctor']
const nameOf = (path) => (path === '/' ? 'overview' : path.slice(1).replace(/\W+/g, '-'))

/** Fills a world with what a person has after a day. */
export async function fill(desk) {
  const first = await desk.account('openai', 'OpenAI work')
  await desk.account('openai', 'OpenAI private', offered.openai.slice(0, 4))
  await desk.account('anthropic', 'Anthropic')
  await desk.account('gemini', 'Google Gemini')
  const relay = await desk.account('relay', 'Relay Berlin')
  const code = await desk.localKey('Claude Code')
  const codex = await desk.localKey('Codex')
  await desk.localKey('Zed')
  for (let i = 0; i < 6; i++) await desk.messages(code, 'claude-sonnet-4-5', 'Explain this stack trace to me. '.repeat(40 * (i + 1)))
  for (let i = 0; i < 4; i++) await desk.chat(codex, 'gpt-5-mini', { stream: i % 2 === 0, text: 'Refactor this. '.repeat(200) })
  await desk.chat(codex, 'gpt-5:auto')
  await desk.chat(codex, 'house-model-1')
  await desk.chat(codex, 'no-such-model')
  await first.fault({ kind: '429', model: 'gpt-4o', times: 1, retry_after: 'seconds' })
  await desk.chat(codex, 'gpt-4o', { stream: true })
  await relay.fault({ kind: '401', times: -1 })
  await desk.chat(codex, 'qwen3-coder-480b-a35b')
  await fetch(desk.url + '/v1/messages', { method: 'POST', headers: { 'user-agent': 'claude-cli/2.1 (external)' }, body: '{}' })
  await relay.pace({ delay: ms(400) })
  await first.pace({ delay: ms(2000) })
  void desk.chat(codex, 'gpt-4.1', { stream: true, text: 'This one still runs. '.repeat(20) }).catch(() => {})
}

async function shoot(desk, state) {
  const { rows } = await desk.usage()
  const over = rows.find((r) => r.state === 'ok' && r.attempts > 1)
  const auto = rows.find((r) => r.model === 'gpt-5')
  const chinese = await desk.page({ viewport: wide, locale: 'zh-CN' })
  for (const path of pages) {
    await chinese.evaluate((p) => { location.hash = p }, path)
    await chinese.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => {})
    await chinese.waitForTimeout(250)
    await chinese.screenshot({ path: join(out, `${nameOf(path)}-${state}-chinese-wide.png`) })
  }
  await chinese.context().close()
  for (const scheme of ['light', 'dark']) {
    for (const [size, viewport] of [['wide', wide], ['narrow', narrow]]) {
      const page = await desk.page({ viewport, scheme })
      for (const path of pages) {
        await page.evaluate((p) => { location.hash = p }, path)
        await page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => {})
        await page.waitForTimeout(250)
        await page.screenshot({ path: join(out, `${nameOf(path)}-${state}-${scheme}-${size}.png`) })
      }
      if (state === 'full') {
        await page.evaluate((id) => { location.hash = `/requests/${id}` }, over.id)
        await page.getByText('Why it went there').waitFor()
        await page.waitForTimeout(500)
        await page.screenshot({ path: join(out, `detail-${state}-${scheme}-${size}.png`) })
        await page.keyboard.press('Escape')
        await page.evaluate((id) => { location.hash = `/requests/${id}` }, auto.id)
        await page.getByText('Why it went there').scrollIntoViewIfNeeded()
        await page.waitForTimeout(500)
        await page.screenshot({ path: join(out, `auto-${state}-${scheme}-${size}.png`) })
        await page.keyboard.press('Escape')
        await page.evaluate(() => { location.hash = '/tools' })
        await page.getByRole('button', { name: 'Set up Codex' }).click()
        await page.waitForTimeout(500)
        await page.screenshot({ path: join(out, `setup-${state}-${scheme}-${size}.png`) })
        await page.keyboard.press('Escape')
        await page.evaluate(() => { location.hash = '/doctor' })
        await page.getByRole('button', { name: /^Look (now|again)$/ }).click()
        await page.getByRole('button', { name: 'Look again' }).waitFor()
        await page.waitForTimeout(250)
        await page.screenshot({ path: join(out, `doctor-done-${scheme}-${size}.png`), fullPage: true })
        await page.getByRole('button', { name: 'Save diagnostics' }).click()
        await page.waitForTimeout(600)
        await page.screenshot({ path: join(out, `doctor-save-${scheme}-${size}.png`) })
        await page.keyboard.press('Escape')
        await page.keyboard.press('Control+k')
        await page.waitForTimeout(400)
        await page.screenshot({ path: join(out, `palette-${state}-${scheme}-${size}.png`) })
      } else {
        await page.evaluate(() => { location.hash = '/accounts' })
        await page.getByRole('button', { name: 'Look on this machine' }).click()
        await page.getByRole('button', { name: 'Ask them' }).click()
        await page.waitForTimeout(1200)
        await page.screenshot({ path: join(out, `find-${scheme}-${size}.png`) })
        await page.keyboard.press('Escape')
        await page.waitForTimeout(400)
        await page.getByRole('button', { name: 'Add an account' }).click()
        await page.getByRole('textbox', { name: 'Key' }).fill('sk-ant-api03-' + 'a1b2c3d4e5'.repeat(9))
        await page.waitForTimeout(800)
        await page.screenshot({ path: join(out, `add-${state}-${scheme}-${size}.png`) })
        await page.getByRole('combobox', { name: 'Provider' }).click()
        await page.screenshot({ path: join(out, `add-list-${scheme}-${size}.png`) })
        await page.getByRole('option', { name: 'Ollama', exact: true }).click()
        await page.getByLabel('Key').first().fill('')
        await page.screenshot({ path: join(out, `add-local-${scheme}-${size}.png`) })
      }
      if (page.wrong.length) console.log(state, scheme, size, page.wrong)
      await page.context().close()
    }
  }
}

const desk = await new Desk().start()
try {
  await shoot(desk, 'empty')
  await fill(desk)
  await shoot(desk, 'full')
} finally {
  await desk.end()
}
process.exit(0)
