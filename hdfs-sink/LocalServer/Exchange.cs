using System.Net;

namespace Game.LocalWebHdfs;

/// <summary>One request: its path and parameters, and the ways to answer it.</summary>
internal sealed class Exchange(HttpContext context, HdfsPath path, Parameters parameters)
{
    /// <summary>Redirects carry it in the place of the NameNode's RPC address; a request with it is the second step.</summary>
    private string Authority => context.Request.Host.Value ?? IPAddress.Loopback.ToString();

    public HdfsPath Path => path;

    public Parameters Parameters => parameters;

    public Stream Body => context.Request.Body;

    public CancellationToken Aborted => context.RequestAborted;

    public Task JsonAsync(byte[] body, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, Aborted).AsTask();
    }

    public Task FaultAsync(Fault fault) => JsonAsync(StatusJson.Fault(fault), fault.Status);

    /// <summary>The first step's answer: the same operation, at the DataNode, which is this server.</summary>
    public Task RedirectAsync(string operation, params ReadOnlySpan<(string Name, string? Value)> further)
    {
        string encoded = string.Join('/', path.Parts.Select(Uri.EscapeDataString));
        string location = $"{context.Request.Scheme}://{Authority}/webhdfs/v1/{encoded}?op={operation}";
        if (parameters.UserName is { } user)
        {
            location += "&user.name=" + Uri.EscapeDataString(user);
        }
        location += "&namenoderpcaddress=" + Authority;
        foreach ((string name, string? value) in further)
        {
            if (value is not null)
            {
                location += $"&{name}={value}";
            }
        }

        if (parameters.Flag("noredirect", out bool inBody) is { } fault)
        {
            return FaultAsync(fault);
        }
        if (inBody)
        {
            return JsonAsync(StatusJson.Text("Location", location));
        }
        context.Response.Headers.Location = location;
        return EmptyAsync(StatusCodes.Status307TemporaryRedirect);
    }

    public Task CreatedAsync()
    {
        context.Response.Headers.Location = $"hdfs://{Authority}/{string.Join('/', path.Parts.Select(Uri.EscapeDataString))}";
        return EmptyAsync(StatusCodes.Status201Created);
    }

    public Task EmptyAsync(int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    public async Task BytesAsync(FileStream file, long length)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = length;
        byte[] chunk = new byte[64 * 1024];
        while (length > 0)
        {
            int count = await file.ReadAsync(chunk.AsMemory(0, (int)Math.Min(chunk.Length, length)), Aborted);
            if (count == 0)
            {
                break; // another program truncated the file: the answer is too short, and the server closes the connection
            }
            await context.Response.Body.WriteAsync(chunk.AsMemory(0, count), Aborted);
            length -= count;
        }
    }
}
