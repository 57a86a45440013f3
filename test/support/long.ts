/** Whether tests run in their long form: `npm run test:crash` and the other long scripts of package.json set LEASEHOLD_LONG. */
export const isLong: boolean = process.env['LEASEHOLD_LONG'] === '1';
