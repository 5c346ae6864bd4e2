using System.Text.Json.Serialization;

namespace Game.WebHdfs;

internal sealed record RemoteExceptionAnswer([property: JsonPropertyName("RemoteException")] RemoteExceptionBody? RemoteException);

internal sealed record RemoteExceptionBody([property: JsonPropertyName("exception")] string? Exception,
    [property: JsonPropertyName("message")] string? Message);

internal sealed record BooleanAnswer([property: JsonPropertyName("boolean")] bool Value);

internal sealed record FileStatusAnswer([property: JsonPropertyName("FileStatus")] FileStatus FileStatus);

internal sealed record FileStatusesAnswer([property: JsonPropertyName("FileStatuses")] FileStatusesBody FileStatuses);

internal sealed record FileStatusesBody([property: JsonPropertyName("FileStatus")] FileStatus[] FileStatus);

internal sealed record DirectoryListingAnswer([property: JsonPropertyName("DirectoryListing")] DirectoryListingBody DirectoryListing);

internal sealed record DirectoryListingBody(
    [property: JsonPropertyName("partialListing")] FileStatusesAnswer PartialListing, [property: JsonPropertyName("remainingEntries")] long RemainingEntries);

internal sealed record ContentSummaryAnswer([property: JsonPropertyName("ContentSummary")] ContentSummary ContentSummary);

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RemoteExceptionAnswer))]
[JsonSerializable(typeof(BooleanAnswer))]
[JsonSerializable(typeof(FileStatusAnswer))]
[JsonSerializable(typeof(FileStatusesAnswer))]
[JsonSerializable(typeof(DirectoryListingAnswer))]
[JsonSerializable(typeof(ContentSummaryAnswer))]
internal sealed partial class WebHdfsJson : JsonSerializerContext;
