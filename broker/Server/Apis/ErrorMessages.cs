namespace Broker.Server.Apis;

/// <summary>Kafka's general messages for errors, for responses that have no message of their own.</summary>
internal static class ErrorMessages
{
    public const string InvalidRequest =
        "This most likely occurs because of a request being malformed by the client library or the message was sent to an incompatible broker. See the broker logs for more details.";

    public const string CoordinatorNotAvailable = "The coordinator is not available.";

    public const string GroupAuthorizationFailed = "Group authorization failed.";

    public const string ClusterAuthorizationFailed = "Cluster authorization failed.";
}
