import { visitorClient } from "@bifrons/client/next";
import { NextResponse } from "next/server";

export async function proxy(request) {
  const client = await visitorClient({ baseUrl: process.env.BIFRONS_URL });
  const { user } = await client.session.load();
  if (!user) return NextResponse.redirect(new URL("/", request.url));
}

export const config = { matcher: "/account" };
