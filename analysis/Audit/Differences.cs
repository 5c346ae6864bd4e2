namespace Game.Analysis.Audit;

/// <summary>The differences that an audit found, one sentence for each.</summary>
internal sealed class Differences
{
    private readonly List<string> _sentences = [];

    public IReadOnlyList<string> Sentences => _sentences;

    /// <summary>Adds a sentence where something that must hold does not.</summary>
    public void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            _sentences.Add(otherwise);
        }
    }

    /// <summary>Adds a sentence where a count that must be 0 is not.</summary>
    public void Count(string what, long count)
    {
        if (count != 0)
        {
            _sentences.Add($"{count} {what}.");
        }
    }

    public void Equal(string left, long leftCount, string right, long rightCount)
    {
        if (leftCount != rightCount)
        {
            _sentences.Add($"There are {leftCount} {left}, but {rightCount} {right}.");
        }
    }

    /// <summary>Adds a sentence where two sets that must be equal are not.</summary>
    public void EqualSets<T>(string left, IReadOnlySet<T> leftSet, string right, IReadOnlySet<T> rightSet)
    {
        T[] missing = [.. leftSet.Where(item => !rightSet.Contains(item))];
        T[] extra = [.. rightSet.Where(item => !leftSet.Contains(item))];
        if (missing.Length > 0)
        {
            _sentences.Add($"{missing.Length} {left} are not in {right}, among them {missing[0]}.");
        }
        if (extra.Length > 0)
        {
            _sentences.Add($"{extra.Length} are in {right}, but not among {left}, among them {extra[0]}.");
        }
    }
}
