// The classes of the shop, and what it does. Each program that opens the store imports this file.
import { Counter, PersistentList, PersistentMap, persistent, ref, t } from 'leasehold/objects';

// Money is in cents.
export const Product = persistent('shop.Product', { name: t.utf8, price: t.u32, stock: t.u32 })(class Product {});

export const Customer = persistent('shop.Customer', { name: t.utf8, spent: t.u32 })(
  class Customer {
    pay(amount) {
      this.spent += amount;
    }
  },
);

export const Order = persistent('shop.Order', {
  customer: ref(() => Customer),
  product: ref(() => Product),
  count: t.u32,
})(
  class Order {
    get total() {
      return this.count * this.product.price;
    }
  },
);

/** A shop with nothing in it: `root` is that of a store, in a write. */
export function makeShop(root) {
  root.products = new PersistentMap();
  root.customers = new PersistentMap();
  root.orders = new PersistentList();
  root.sold = new Counter();
  root.revenue = new Counter();
}

/** Sells something: call it in `store.write` or `store.transact`, so that all of it is stored or nothing. */
export function sell(root, customerName, productName, count) {
  const customer = root.customers.get(customerName);
  const product = root.products.get(productName);
  if (product.stock < count) throw new Error(`there are only ${product.stock} of ${productName}`);
  const order = new Order({ customer, product, count });
  product.stock -= count;
  customer.pay(order.total);
  root.orders.push(order); // two that push do not conflict,
  root.sold.add(count); // and neither do two that add to a Counter
  root.revenue.add(order.total);
}

/** Sums that belong together: what was in stock at first is in stock or sold, and what customers have spent is the revenue. */
export function sums(root) {
  let stock = 0;
  let spent = 0;
  for (const product of root.products.values()) stock += product.stock;
  for (const customer of root.customers.values()) spent += customer.spent;
  return { stock, sold: root.sold.value, spent, revenue: root.revenue.value };
}
