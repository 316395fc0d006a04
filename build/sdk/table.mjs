// A table of what held and what did not, with a reason for each cell that is not tested.
class Table {
  rows = []
  columns = []
  reasons = []

  column(group, name) {
    const cells = new Map()
    const column = {
      group, name, cells,
      leave: (row, why) => {
        if (!this.reasons.includes(why)) this.reasons.push(why)
        cells.set(row, `(${this.reasons.indexOf(why) + 1})`)
      },
      try: async (row, test) => {
        cells.set(row, 'FAIL')
        await test()
        cells.set(row, 'ok')
      },
    }
    this.columns.push(column)
    return column
  }

  toString() {
    const wide = Math.max(...this.rows.map((r) => r.length))
    let out = ''
    for (const group of new Set(this.columns.map((c) => c.group))) {
      const columns = this.columns.filter((c) => c.group === group)
      const line = (head, words) => `${head.padEnd(wide)}  ${words.map((w) => w.padEnd(11)).join('')}`.trimEnd() + '\n'
      out += line(group, columns.map((c) => `→ ${c.name}`))
      for (const row of this.rows) out += line(row, columns.map((c) => c.cells.get(row) ?? 'not run'))
      out += '\n'
    }
    return out + this.reasons.map((why, i) => `(${i + 1}) ${why}\n`).join('')
  }
}

/** The one table of a run: the tests fill it, and the reporter prints it. */
export const table = new Table()
