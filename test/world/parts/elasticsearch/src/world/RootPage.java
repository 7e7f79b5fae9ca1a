package world;
import java.util.*;
import java.util.function.*;
import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.common.io.stream.NamedWriteableRegistry;
import org.elasticsearch.common.settings.*;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.plugins.*;
import org.elasticsearch.rest.*;
import org.elasticsearch.xcontent.XContentBuilder;

/** GET / and HEAD / : in the distribution they live in modules/rest-root, which is not on Maven Central. */
public class RootPage extends Plugin implements ActionPlugin {
  public Collection<RestHandler> getRestHandlers(Settings s, NamedWriteableRegistry n, RestController c, ClusterSettings cs,
      IndexScopedSettings is, SettingsFilter f, IndexNameExpressionResolver r, Supplier<DiscoveryNodes> nodes, Predicate<NodeFeature> p) {
    return List.of(new BaseRestHandler() {
      public String getName() { return "main_action"; }
      public List<Route> routes() { return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/")); }
      protected RestChannelConsumer prepareRequest(RestRequest q, NodeClient client) {
        return ch -> {
          XContentBuilder b = ch.newBuilder();
          b.prettyPrint().startObject();
          b.field("name", nodes.get().getLocalNode().getName());
          b.field("cluster_name", s.get("cluster.name", "elasticsearch"));
          b.startObject("version");
          Build u = Build.current();
          b.field("number", u.qualifiedVersion()).field("build_flavor", "default").field("build_type", u.type().displayName());
          b.field("build_hash", u.hash()).field("build_date", u.date()).field("build_snapshot", u.isSnapshot());
          b.field("lucene_version", IndexVersion.current().luceneVersion().toString());
          b.field("minimum_wire_compatibility_version", u.minWireCompatVersion());
          b.field("minimum_index_compatibility_version", u.minIndexCompatVersion());
          b.endObject().field("tagline", "You Know, for Search").endObject();
          ch.sendResponse(new RestResponse(RestStatus.OK, b));
        };
      }
    });
  }
}
