// Runs the suite, or the tests with the ids given, against the URL given, by its own runner, and prints its results as its own command line does, with the kind
// of each test beside them: one test a line, separated by tabs.
import fs from 'node:fs'
import fetch from 'node-fetch'
import { getResults, runTests } from './node_modules/http-cache-tests/client/runner.mjs'
import all from './node_modules/http-cache-tests/tests/index.mjs'

const [url, ...ids] = process.argv.slice(2)
const wanted = test => ids.length === 0 || ids.includes(test.id)
const suites = all.map(suite => ({ ...suite, tests: suite.tests.filter(wanted) }))

// As many at once as the suite itself has: more would make its server late.
await runTests(suites, fetch, false, url, 100)
const results = getResults()
if (ids.length === 0) fs.writeFileSync('results.json', JSON.stringify(results, null, 2))
for (const suite of suites) {
  for (const test of suite.tests) {
    if (!(test.id in results)) continue // browsers only
    const result = results[test.id]
    const cells = [suite.name, test.id, test.kind || 'required', result === true ? 'pass' : `${result[0]}: ${result[1]}`]
    console.log(cells.map(cell => cell.replace(/\s+/g, ' ')).join('\t'))
  }
}
