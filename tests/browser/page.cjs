// SPDX-License-Identifier: MIT
// The page of firmware/emon in Chromium, used as its owner would. Everything it needs comes from tests/board/test_page.py:
//   BASE      where the page is
//   PASSWORD  the device's password, or the setup code when MODE is setup
//   MODE      setup | update
//   SHOT      folder for a picture when something is not so
// One line of standard output a step; "now:" lines tell the test what to do in the world, and it answers with a line.
'use strict';
const assert = require('node:assert');
const path = require('node:path');
const readline = require('node:readline');
const { chromium } = require('playwright-core');

const { BASE, PASSWORD, MODE, SHOT, CHROMIUM = '/usr/bin/chromium' } = process.env;
const answers = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function step(words) {
    console.log(words);
}

async function world(words) {
    console.log(`now: ${words}`);
    const { done } = await answers.next();
    assert(!done, `nobody answered: ${words}`);
}

// A value in the list of facts, found as a reader finds it: by its name.
function fact(page, name) {
    return page.locator(`dt:has-text("${name}") + dd`);
}

async function shows(locator, text, timeout = 15000) {
    await locator.filter({ hasText: text }).first().waitFor({ timeout });
}

async function setup(page) {
    await page.goto(BASE + '/');
    const form = page.getByRole('region', { name: 'Set a password first' });
    await form.waitFor();
    assert(await page.getByRole('button', { name: 'Check for updates' }).isHidden(), 'a button that cannot work yet');
    step('the page asks for the first password, and for nothing else');

    await form.getByLabel('Setup code').fill('AAAAAAAA');
    await form.getByLabel(/new password/i).fill('correct horse 9');
    await form.getByRole('button', { name: 'Set password' }).click();
    await shows(form.getByRole('alert'), /.+/);
    step('a wrong code is refused, in words');

    await page.waitForTimeout(1500); // the delay after a wrong code
    await form.getByLabel('Setup code').fill(PASSWORD);
    await form.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('button', { name: 'Check for updates' }).waitFor();
    await form.waitFor({ state: 'hidden' });
    step('the password is set');

    await page.reload();
    await page.getByLabel('Device password').fill('correct horse 9');
    await page.getByRole('button', { name: 'Check for updates' }).click();
    await shows(page.locator('#message'), 'The device asks its server.');
    step('and it is the one that counts');
}

async function update(page) {
    await page.goto(BASE + '/');
    await shows(fact(page, 'Current version'), '1.0.2');
    step('the current version is shown');
    await shows(fact(page, 'Previous version'), /none/);
    assert(await page.getByRole('button', { name: /go back/i }).isDisabled(), 'nothing to go back to, but a button for it');

    await world('readings');
    await shows(page.locator('table'), '3935');
    await shows(page.locator('table'), '12.5');
    step('readings appear by themselves');

    await page.getByLabel('Device password').fill('not the password');
    await page.getByRole('button', { name: 'Check for updates' }).click();
    await shows(page.locator('body'), /password/i);
    await page.getByText(/wrong|not the/i).first().waitFor();
    step('a wrong password is said to be wrong');

    await world('publish 1.0.3');
    await page.waitForTimeout(1500); // the delay after a wrong password
    await page.getByLabel('Device password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Check for updates' }).click();
    await shows(fact(page, 'Latest version'), '1.0.3');
    await shows(fact(page, 'Current version'), '1.0.2');
    step('a release is offered and, by policy, waits for the owner');

    await page.getByRole('button', { name: 'Update now' }).click();
    const bar = page.getByRole('progressbar');
    await bar.waitFor({ state: 'visible' });
    step('progress is shown');
    await shows(fact(page, 'Current version'), '1.0.3', 30000);
    await shows(fact(page, 'Last result'), /CONFIRMED/, 30000);
    await shows(fact(page, 'Previous version'), '1.0.2');
    step('1.0.3 runs, the result is in words, the previous version is named');

    await page.getByLabel('Node name').fill('cellar');
    await page.getByLabel('Device password').fill(PASSWORD);
    await page.getByRole('button', { name: /save/i }).click();
    await shows(page.locator('h1'), 'cellar');
    step('a setting is saved and in force');

    page.once('dialog', (dialog) => dialog.accept());
    await page.getByLabel('Device password').fill(PASSWORD);
    await page.getByRole('button', { name: /go back/i }).click();
    await shows(fact(page, 'Current version'), '1.0.2', 30000);
    await shows(page.locator('h1'), 'cellar', 30000);
    step('the owner went back to 1.0.2; the setting stayed');
}

async function main() {
    const browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync'],
    });
    const page = await browser.newPage({ viewport: { width: 420, height: 1150 } });
    const trouble = [];
    page.on('pageerror', (e) => trouble.push(`script: ${e.message}`));
    page.on('console', (m) => { if (/Content Security Policy/i.test(m.text())) trouble.push(m.text()); });
    page.setDefaultTimeout(15000);
    try {
        await { setup, update }[MODE](page);
        assert.deepStrictEqual(trouble, []);
    } catch (e) {
        if (SHOT) {
            await page.screenshot({ path: path.join(SHOT, `${MODE}.png`), fullPage: true });
        }
        throw e;
    } finally {
        await browser.close();
    }
}

main().then(() => process.exit(0), (e) => {
    console.error(e.message);
    process.exit(1);
});
