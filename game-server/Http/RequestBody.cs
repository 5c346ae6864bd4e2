using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json.Serialization.Metadata;
using Game.GameServer.Actions;

namespace Game.GameServer.Http;

/// <summary>Reads a request's JSON body.</summary>
internal static class RequestBody
{
    /// <summary>The request; or null, and the problem with it.</summary>
    public static async ValueTask<(T? Request, Problem? Problem)> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (!context.Request.HasJsonContentType())
        {
            return (null, Problems.MediaType);
        }
        if (context.Request.ContentLength > RequestJson.MaxBytes)
        {
            return (null, Problems.TooLarge);
        }
        PipeReader reader = context.Request.BodyReader;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > RequestJson.MaxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                return (null, Problems.TooLarge);
            }

            if (read.IsCompleted)
            {
                return Parse(reader, read.Buffer, type);
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static (T? Request, Problem? Problem) Parse<T>(PipeReader reader, ReadOnlySequence<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        T? request = RequestJson.Read(body, type, out Problem? problem);
        reader.AdvanceTo(body.End);
        return (request, problem);
    }
}
