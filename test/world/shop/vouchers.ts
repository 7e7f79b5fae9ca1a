/** A voucher as the cart stores it. Those of the first year have no terms: the type says otherwise, and that is the bug. */
export interface Voucher {
  code: string;
  terms: { percent: number };
}

const oldVoucher = JSON.parse('{"code":"WELCOME"}') as Voucher;
const newVoucher: Voucher = { code: 'SPRING', terms: { percent: 10 } };

/** The voucher in the cart of the n-th request: with the fault `bugEvery`, every so many customers still have an old one. */
export function voucherOf(request: number, bugEvery: number): Voucher {
  return bugEvery > 0 && request % bugEvery === 0 ? oldVoucher : newVoucher;
}

/** Share of the price that is left to pay. Throws a TypeError for an old voucher. */
export function shareToPay({ terms }: Voucher): number {
  return 1 - terms.percent / 100;
}
