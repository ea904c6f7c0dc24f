import { bifrons } from "@bifrons/client/react-router";
import { Outlet, Scripts } from "react-router";

export const middleware = [bifrons({ baseUrl: process.env.BIFRONS_URL })];

export default function Root() {
  return (
    <html lang="en">
      <body>
        <Outlet />
        <Scripts />
      </body>
    </html>
  );
}
