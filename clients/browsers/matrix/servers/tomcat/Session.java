import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Signs in, shows the session, or redirects the sign-in, as the context says. */
public class Session extends HttpServlet {
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getServletPath();
        String redirect = getServletContext().getInitParameter("redirect");
        if (request.getMethod().equals("OPTIONS")) {
            response.setStatus(405);
        } else if (path.equals("/me")) {
            boolean user = request.getSession(false) != null && request.getSession(false).getAttribute("user") != null;
            response.setStatus(user ? 200 : 401);
            response.setContentType("application/json");
            response.getWriter().print("{\"user\":" + user + "}");
        } else if (path.equals("/login") && redirect != null) {
            String[] parts = redirect.split(" ");
            response.setStatus(Integer.parseInt(parts[0]));
            response.setHeader("Location", parts[1]);
        } else {
            request.getSession(true).setAttribute("user", "ada");
            response.getWriter().print("{}");
        }
    }
}
