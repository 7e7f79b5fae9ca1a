import { z } from 'zod';
import type { Database } from './database.ts';
import type { Outbound } from './outbound.ts';
import type { ServiceName } from './settings.ts';

export interface ShopRequest {
  query: URLSearchParams;
  body: unknown;
  traceId: string;
  traceparent: string;
}

/** `template` is the label of the metric, so it never holds an identifier. */
export interface Route {
  method: 'GET' | 'POST';
  template: string;
  answer: (request: ShopRequest) => Promise<unknown>;
}

export interface Neighbours {
  database: Database | undefined;
  outbound: Outbound;
  ordersUrl: string | undefined;
  catalogUrl: string | undefined;
  paymentsUrl?: string | undefined;
}

const Id = z.coerce.number().int().min(1).max(2_147_483_647);
const Checkout = z.strictObject({ customer: Id, product: Id, quantity: z.number().int().min(1).max(100) });
const Ids = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.coerce.number<string>().int().min(1).max(2_147_483_647)).min(1).max(100));
const OrderRow = z.object({ id: z.coerce.number(), product_id: z.number(), quantity: z.number() });
const ProductRow = z.object({ id: z.number(), name: z.string(), price_cents: z.number() });
const PaymentPage = z.object({ paid: z.array(z.number()) });
const ProductPage = z.object({ products: z.array(ProductRow) });

/** How many orders the front page shows. */
const recentOrders = 5;

/** The request asks for something that cannot be: the asker's error, answered with 400. */
export class RefusedRequest extends Error {}

// Only what came from outside goes through here: a row that does not fit its schema is our own error, a 500.
function readInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new RefusedRequest(z.prettifyError(parsed.error));
  return parsed.data;
}

function needed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is not set for this service`);
  return value;
}

function webRoutes({ outbound, ordersUrl }: Neighbours): Route[] {
  const orders = needed(ordersUrl, 'ORDERS_URL');
  return [
    {
      method: 'GET',
      template: '/',
      answer: ({ query, traceparent }) => {
        const customer = readInput(Id, query.get('customer') ?? '1');
        return outbound.call({ method: 'GET', url: `${orders}/orders?customer=${customer}`, traceparent });
      },
    },
    {
      method: 'POST',
      template: '/checkout',
      answer: ({ body, traceparent }) =>
        outbound.call({ method: 'POST', url: `${orders}/orders`, body: readInput(Checkout, body), traceparent }),
    },
  ];
}

function ordersRoutes({ database, outbound, catalogUrl, paymentsUrl }: Neighbours): Route[] {
  const db = needed(database, 'DATABASE_URL');
  const catalog = needed(catalogUrl, 'CATALOG_URL');

  // The client of the pool is back before the call: a slow catalog must not empty the pool of orders.
  async function products(ids: readonly number[], traceparent: string) {
    if (ids.length === 0) return [];
    const url = `${catalog}/products?ids=${[...new Set(ids)].join(',')}`;
    return ProductPage.parse(await outbound.call({ method: 'GET', url, traceparent })).products;
  }
  async function paidOrders(ids: readonly number[], traceparent: string): Promise<ReadonlySet<number>> {
    if (paymentsUrl === undefined || ids.length === 0) return new Set(ids);
    const url = `${paymentsUrl}/payments?orders=${ids.join(',')}`;
    return new Set(PaymentPage.parse(await outbound.call({ method: 'GET', url, traceparent })).paid);
  }

  return [
    {
      method: 'GET',
      template: '/orders',
      answer: async ({ query, traceId, traceparent }) => {
        const customer = readInput(Id, query.get('customer'));
        const rows = await db.query(
          'select id, product_id, quantity from orders where customer_id = $1 order by placed_at desc limit $2',
          [customer, recentOrders],
          traceId,
        );
        const orders = z.array(OrderRow).parse(rows);
        const found = await products(
          orders.map((order) => order.product_id),
          traceparent,
        );
        const names = new Map(found.map((product) => [product.id, product.name]));
        const paid = await paidOrders(
          orders.map((order) => order.id),
          traceparent,
        );
        return {
          customer,
          orders: orders.map((order) => ({
            ...order,
            name: names.get(order.product_id) ?? null,
            paid: paid.has(order.id),
          })),
        };
      },
    },
    {
      method: 'POST',
      template: '/orders',
      answer: async ({ body, traceId, traceparent }) => {
        const { customer, product, quantity } = readInput(Checkout, body);
        const [found] = await products([product], traceparent);
        if (found === undefined) throw new RefusedRequest(`there is no product ${product}`);
        const rows = await db.query(
          'insert into orders (customer_id, product_id, quantity, price_cents) values ($1, $2, $3, $4) returning id, product_id, quantity',
          [customer, product, quantity, found.price_cents],
          traceId,
        );
        return { order: OrderRow.parse(rows[0]) };
      },
    },
  ];
}

function catalogRoutes({ database }: Neighbours): Route[] {
  const db = needed(database, 'DATABASE_URL');
  return [
    {
      method: 'GET',
      template: '/products',
      answer: async ({ query, traceId }) => {
        const ids = readInput(Ids, query.get('ids') ?? '');
        const sql = 'select id, name, price_cents from products where id = any($1::int[])';
        return { products: z.array(ProductRow).parse(await db.query(sql, [ids], traceId)) };
      },
    },
  ];
}

/** Stands for a provider outside: it has no database, and what it says depends on nothing of the shop's. */
function paymentsRoutes(): Route[] {
  return [
    {
      method: 'GET',
      template: '/payments',
      answer: async ({ query }) => ({ paid: readInput(Ids, query.get('orders') ?? '').filter((id) => id % 10 !== 0) }),
    },
  ];
}

const routesOf: Record<ServiceName, (neighbours: Neighbours) => Route[]> = {
  web: webRoutes,
  orders: ordersRoutes,
  catalog: catalogRoutes,
  payments: paymentsRoutes,
  // Nobody asks it for anything.
  reports: () => [],
};

export function createRoutes(service: ServiceName, neighbours: Neighbours): Route[] {
  return routesOf[service](neighbours);
}
