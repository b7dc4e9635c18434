// SPDX-License-Identifier: MIT
// Another site's pages in the browser of an emon's owner, in Chromium: by a form, by fetch with and without the password,
// in a frame, and under a name that is suddenly resolved to the device (DNS rebinding).
//   BASE      where the device's page is, http://127.0.0.1:PORT
//   PASSWORD  the device's password, for a stranger who has it and still must not get through
'use strict';
const assert = require('node:assert');
const http = require('node:http');
const { chromium } = require('playwright-core');

const { BASE, PASSWORD, CHROMIUM = '/usr/bin/chromium' } = process.env;
const port = new URL(BASE).port;

// A site of ours: each path is a page.
function serve() {
    const server = http.createServer((request, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.end(`<!doctype html><form id="f" method="POST" action="${BASE}/revert" enctype="text/plain"></form>
            <iframe src="${BASE}/"></iframe>`);
    });
    return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

async function byFetch(page) {
    const outcome = await page.evaluate(async ([base, password]) => {
        const json = { 'X-Emon-Password': password, 'Content-Type': 'application/json' };
        const went = (promise) => promise.then(() => 'went', () => 'blocked');
        return Promise.all([
            went(fetch(`${base}/update`, { method: 'POST', mode: 'no-cors' })),
            went(fetch(`${base}/update`, { method: 'POST', headers: { 'X-Emon-Password': password } })),
            went(fetch(`${base}/config`, { method: 'POST', headers: json, body: '{"node":"stolen"}' })),
            went(fetch(`${base}/status`)),
        ]);
    }, [BASE, PASSWORD]);
    assert.deepStrictEqual(outcome, Array(4).fill('blocked'));
    console.log('fetch is blocked, with the password too');
}

async function byFrame(page) {
    const inside = page.frames().find((frame) => frame !== page.mainFrame());
    await inside.waitForLoadState();
    assert.strictEqual(await inside.locator('#node').count(), 0);
    console.log('the page shows in no frame');
}

async function byForm(page) {
    await page.evaluate(() => document.getElementById('f').submit());
    await page.getByText("another site's page may change nothing here").waitFor();
    console.log('a form is refused');
}

async function byName(page) {
    await page.goto(`http://evil.example:${port}/status`);
    assert.match(await page.locator('body').textContent(), /addressed by its IP address or its node name only/);
    const outcome = await page.evaluate(async (password) => {
        const answer = await fetch('/update', { method: 'POST', headers: { 'X-Emon-Password': password } });
        return answer.status;
    }, PASSWORD);
    assert.strictEqual(outcome, 403);
    console.log('a rebound name reads nothing and changes nothing');
}

async function main() {
    const site = await serve();
    const browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: ['--no-sandbox', '--host-resolver-rules=MAP evil.example 127.0.0.1'],
    });
    try {
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${site.address().port}/`);
        await byFetch(page);
        await byFrame(page);
        await byForm(page);
        await byName(page);
    } finally {
        await browser.close();
        site.close();
    }
}

main().then(() => process.exit(0), (error) => {
    console.error(error.message);
    process.exit(1);
});
