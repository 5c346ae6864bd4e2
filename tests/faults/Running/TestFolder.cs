namespace Faults.Tests.Running;

/// <summary>A folder of one test. It is removed afterwards, unless the test failed: then the logs in it are wanted.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder(string name) => Path = Directory.CreateTempSubdirectory($"game-faults-{name}-").FullName;

    public string Path { get; }

    /// <summary>A folder in it, made where it is missing.</summary>
    public string Sub(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    public void Dispose()
    {
        if (TestContext.Current.TestState?.Result != TestResult.Failed)
            Directory.Delete(Path, recursive: true);
    }
}
